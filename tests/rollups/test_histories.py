"""Roll-ups that are kept say the same as the plain reference after every build.

Deliveries come late, in parts, and out of their order; definitions, settings and the time zone
change; builds fail half-way. After each build that succeeds, every public view is compared.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from tests.metrics.strategies import logs
from tests.metrics.views import PublicViews
from tests.reference import Event, Settings
from tests.rollups.projects import LATEST, Project, assert_views_match

ANCHORS = [datetime(2023, 12, 30, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]
# How many histories are tried on each engine, by profile.
EXAMPLES = {"repeatable": 2, "thorough": 200}

SETTINGS = (
    Settings(),
    Settings(reporting_timezone="Asia/Kathmandu", week_start="sunday"),
    Settings(signup_event="join", activity_events=("A", "B"), as_of_date=date(2024, 3, 2)),
    Settings(session_gap_minutes=60, max_path_steps=2, max_report_days=10),
)

# Few funnels let many events be, and most others need all events of a user as soon as one does.
FUNNELS = (
    None,
    None,
    ("pair", "within_one_instant", "repeated_pair"),
    ("same_step_thrice", "overlapping_actions", "days_0_and_1", "absent"),
    ("star_around", "day_3_at_the_end", "signup_in_the_middle"),
    ("one_step", "strict_pair", "strict_days", "any_pair", "signup_to_day_1"),
    ("strict_star", "any_overlapping", "six_steps"),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Step:
    """What happens between two builds.

    Attributes:
        events: How many of the events arrive, as a share of those that have not.
        hours: How long before or after the latest delivery they say that they arrived.
        settings: What the build is told, as an index of SETTINGS.
        removes: What is taken out before the events arrive: a user, or a delivery, as a number
            that chooses among those that are there.
        shorter_windows: Whether the funnels' windows are half as long as in the seeds.
        fails_first: Whether a build fails half-way before the one that succeeds.
        refreshes: Whether only what is kept is built, where definitions and settings stayed.
    """

    events: float
    hours: int
    removes: tuple[str, int] | None
    settings: int
    shorter_windows: bool
    fails_first: bool
    refreshes: bool


MENDED = {"p": "mended"}
REMOVALS = (None, None, ("user", 0), ("user", 1), ("delivery", 0), ("delivery", -1))

STEPS = st.lists(
    st.builds(
        Step,
        events=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        # twice 0 is one delivery that came to light in two parts; -20 was committed late
        hours=st.sampled_from([0, 0, 1, -20, 400]),
        removes=st.sampled_from(REMOVALS),
        settings=st.sampled_from([0, 0, 0, 1, 2, 3]),
        shorter_windows=st.sampled_from([False, False, True]),
        fails_first=st.booleans(),
        refreshes=st.booleans(),
    ),
    min_size=2,
    max_size=4,
)


def test_views_match_the_reference_after_every_build(new_project: Project) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES[hypothesis.settings.get_current_profile_name()],
        # each example takes as long as several builds, so what fails is shown as it was found
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(logs(ANCHORS), st.booleans(), st.booleans(), st.sampled_from(FUNNELS), STEPS)
    def check(
        history: list[Event],
        in_time_order: bool,
        at_once: bool,
        funnels: tuple[str, ...] | None,
        steps: list[Step],
    ) -> None:
        if in_time_order:
            history = sorted(history, key=lambda event: event.event_time)
        with PublicViews(new_project.database) as views:
            views.replace_events([])
        arrived: list[Event] = []
        sent = 0
        latest = LATEST
        if at_once:  # events arrive while they happen, some of them before the time that they state
            latest = min((event.event_time for event in history), default=LATEST)
        built: tuple[int, bool] | None = None
        for number, step in enumerate(steps):
            if step.removes is not None and arrived:
                gone = take_out(new_project, arrived, *step.removes)
                arrived = [event for event in arrived if event not in gone]
                # who is erased may come back, and a file that is withdrawn, mended
                history += [
                    replace(event, ingested_at=None, properties={"p": "mended"})
                    for event in gone[::2]
                ]
            count = round(step.events * (len(history) - sent))
            delivered = history[sent : sent + count]
            sent += count
            if at_once and delivered:
                latest = max(latest, delivered[count // 2].event_time)
            arrived_at = latest + timedelta(hours=step.hours)
            latest = max(latest, arrived_at)
            delivered = [replace(event, ingested_at=arrived_at) for event in delivered]
            new_project.deliver(delivered)
            arrived += delivered
            settings = SETTINGS[step.settings]
            refresh = ["--full-refresh"] if number == 0 else []
            if step.fails_first:
                fail_half_way(new_project, settings, *refresh)
            definitions = new_project.definitions(
                shorter_windows=step.shorter_windows, funnels=funnels
            )
            if step.refreshes and built == (step.settings, step.shorter_windows):
                new_project.refresh(settings)
            else:
                new_project.build(settings, *refresh)
            built = (step.settings, step.shorter_windows)
            assert_views_match(
                new_project.database, arrived, definitions, settings, (funnels, steps)
            )

    check()


def take_out(project: Project, arrived: list[Event], what: str, number: int) -> list[Event]:
    """Let `loader erase` or `loader withdraw` take out what is chosen; the events that go."""
    if what == "user":
        users = sorted({event.user_id for event in arrived})
        user = users[number % len(users)]
        project.loader("erase", "--remember-days", "0", "--user", user)
        return [event for event in arrived if event.user_id == user]
    times = sorted({event.ingested_at for event in arrived if event.ingested_at is not None})
    moment = times[number]
    project.loader("withdraw", project.delivery_at(moment))
    return [event for event in arrived if event.ingested_at == moment]


def fail_half_way(project: Project, settings: Settings, *options: str) -> None:
    """Let a test between the events and the funnels fail, by which the funnels are skipped."""
    failing = project.directory / "tests" / "dbt" / "fails.sql"
    failing.parent.mkdir(parents=True, exist_ok=True)
    failing.write_text("-- depends_on: {{ ref('int_funnel_step_events') }}\nselect 1 as failure\n")
    try:
        # generic tests would only take longer
        command = (
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--exclude",
            "test_type:generic",
        )
        failed = project.run(settings, *command, *options, check=False)
    finally:
        failing.unlink()
    assert not failed.success
    assert failed.statuses["fct_sessions"] == "success"
    assert failed.statuses["fct_funnel_progress"] == "skipped"
