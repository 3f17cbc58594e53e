"""Roll-ups of merged ids say the same as the plain reference, whenever links come and go.

A link that arrives gives the events of an id to another person; withdrawn, it gives them back.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from tests.metrics.logs import at, log
from tests.metrics.strategies import linked_logs
from tests.metrics.views import PublicViews
from tests.reference import Event, Settings
from tests.rollups.projects import LATEST, Project, assert_views_match, due_users
from tests.rollups.test_histories import fail_half_way

MERGED = Settings(identity="merge", max_person_ids=5, max_report_days=400)
ANCHORS = [datetime(2023, 12, 30, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]
# what the loader does
WITHDRAWN = (
    """
    insert into raw.removals
        (removal_id, action, removed_at, removed_by, users, events, rejected)
    values ('{removal_id}', 'withdraw', now(), 'test', 1, 1, 0)
    """,
    """
    insert into raw.removed_users (removal_id, user_hash)
    select '{removal_id}', md5(concat('{removal_id}', ' ', user_id))
    from raw.events
    where event_id = '{event_id}'
    """,
    "delete from raw.events where event_id = '{event_id}'",
)
EXAMPLES = {"repeatable": 2, "thorough": 200}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def identify(number: int, user: str, other: str, time: str) -> Event:
    """A user's `identify` with an anonymous id."""
    return Event(UUID(int=number), "identify", at(time), user, {"$anonymous_id": other})


def withdraw(project: Project, event: Event) -> None:
    """Take an event out of the raw events, and say so as the loader does."""
    removal_id = UUID(int=event.event_id.int, version=4)
    with PublicViews(project.database) as views:
        for statement in WITHDRAWN:
            views.run(statement.format(event_id=event.event_id, removal_id=removal_id))


def test_a_link_moves_all_that_an_id_did_and_moves_it_back_when_it_is_withdrawn(
    new_project: Project,
) -> None:
    definitions = new_project.definitions()
    events = log(
        "device A 2024-02-27T10:00",
        "device B 2024-02-27T10:20",
        "ann A 2024-02-28T10:00",
        "ann join 2024-02-28T10:05",
        "bob A 2024-02-28T11:00",
        "tablet A 2024-02-29T11:00",
    )
    new_project.deliver(events)
    new_project.build(MERGED, "--full-refresh")
    assert_views_match(new_project.database, events, definitions, MERGED, "no link")

    late = identify(100, "ann", "device", "2024-02-28T10:01")
    new_project.deliver([late], hours=1)
    new_project.refresh(MERGED)
    assert due_users(new_project.database, "int_users_due") == set()
    assert_views_match(new_project.database, [*events, late], definitions, MERGED, "a late link")

    # a person of both, named by an id that is known since longer
    both = [
        identify(101, "bob", "tablet", "2024-02-01T10:00"),
        identify(102, "ann", "tablet", "2024-02-29T10:00"),
    ]
    new_project.deliver(both, hours=2)
    new_project.refresh(MERGED)
    log_of_all = [*events, late, *both]
    assert_views_match(new_project.database, log_of_all, definitions, MERGED, "two persons in one")

    withdraw(new_project, both[1])
    new_project.refresh(MERGED)
    log_of_all.remove(both[1])
    assert_views_match(new_project.database, log_of_all, definitions, MERGED, "a link withdrawn")

    withdraw(new_project, late)
    new_project.refresh(MERGED)
    log_of_all.remove(late)
    assert_views_match(new_project.database, log_of_all, definitions, MERGED, "another one")

    new_project.build(replace(MERGED, identity="none"))
    assert_views_match(
        new_project.database, log_of_all, definitions, replace(MERGED, identity="none"), "no merge"
    )


def test_users_whose_ids_stay_where_they_are_are_not_computed_again(new_project: Project) -> None:
    definitions = new_project.definitions()
    events = [
        *log("ann A 2024-02-28T10:00", "bob A 2024-02-28T11:00", "device A 2024-02-28T09:00"),
        identify(100, "ann", "device", "2024-02-28T10:01"),
    ]
    new_project.deliver(events)
    new_project.build(MERGED, "--full-refresh")

    more = [
        *log("x A 2024-02-28T10:00", "x A 2024-02-28T10:00", "x A 2024-02-28T10:00"),
        identify(101, "cay", "phone", "2024-02-28T10:01"),
        identify(102, "ann", "device", "2024-02-28T12:01"),
    ]
    more = [replace(event, event_id=UUID(int=200 + n)) for n, event in enumerate(more)]
    new_project.deliver(more, hours=1)
    fail_half_way(new_project, MERGED)
    assert due_users(new_project.database, "int_users_due") == {"cay", "phone"}
    new_project.refresh(MERGED)
    assert_views_match(new_project.database, events + more, definitions, MERGED, "new users")


@dataclass(frozen=True)
class Step:
    """What happens between two builds.

    Attributes:
        events: How many of the events arrive, as a share of those that have not.
        hours: How long before or after the latest delivery they say that they arrived.
        withdrawn: How many of the events that link ids are taken out, of all.
        merged: Whether ids are merged.
        fails_first: Whether a build fails half-way before the one that succeeds.
    """

    events: float
    hours: int
    withdrawn: int
    merged: bool
    fails_first: bool


STEPS = st.lists(
    st.builds(
        Step,
        events=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
        hours=st.sampled_from([0, 1, -20, 400]),
        withdrawn=st.sampled_from([0, 0, 1, 3]),
        merged=st.sampled_from([True, True, True, True, False]),
        fails_first=st.sampled_from([False, False, True]),
    ),
    min_size=3,
    max_size=4,
)


def test_views_match_the_reference_whenever_links_come_and_go(new_project: Project) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES[hypothesis.settings.get_current_profile_name()],
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(linked_logs(ANCHORS), STEPS)
    def check(history: list[Event], steps: list[Step]) -> None:
        definitions = new_project.definitions()
        with PublicViews(new_project.database) as views:
            views.replace_events([])
        waiting = list(history)
        arrived: list[Event] = []
        latest = LATEST
        built: bool | None = None
        for step in steps:
            count = round(step.events * len(waiting))
            arrived_at = latest + timedelta(hours=step.hours)
            latest = max(latest, arrived_at)
            delivered = [replace(event, ingested_at=arrived_at) for event in waiting[:count]]
            waiting = waiting[count:]
            new_project.deliver(delivered)
            arrived += delivered
            if built is not None:
                links = [event for event in arrived if event.event_id.int >> 64 == 1]
                for event in links[: step.withdrawn]:
                    withdraw(new_project, event)
                    arrived.remove(event)
            settings = replace(MERGED, identity="merge" if step.merged else "none")
            refresh = ["--full-refresh"] if built is None else []
            if step.fails_first:
                fail_half_way(new_project, settings, *refresh)
            if built == step.merged:
                new_project.refresh(settings)
            else:
                new_project.build(settings, *refresh)
            built = step.merged
            assert_views_match(new_project.database, arrived, definitions, settings, steps)

    check()
