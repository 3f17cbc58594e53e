"""Every public view says the same as the plain reference, for generated logs, on both engines.

The project is built once for each engine and variant of the settings; then raw.events is replaced
for each log, and the views, which store nothing, are read. HYPOTHESIS_PROFILE=thorough tries many
more logs, and other ones each time; `make test-exactness` many more users, with other funnels.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from uuid import UUID

import hypothesis
import pytest
from hypothesis import Phase, given

from tests.conftest import MakeDatabase
from tests.metrics.compare import differing_views, small_difference
from tests.metrics.crowds import crowd
from tests.metrics.strategies import linked_logs, logs
from tests.metrics.variants import DEFINITIONS, SEEDS, VARIANTS, Variant, build
from tests.metrics.views import PublicViews, copy_project, difference, log_as_text
from tests.reference import VIEWS, Event, compute
from tests.support.databases import ENGINES, Engine

# Of how many logs each variant is asked on each engine, by profile; the first is the empty one.
EXAMPLES = {"repeatable": 3, "thorough": 1000}
# What hangs on equal instants takes more users, who hardly do anything else.
CROWDS = (1,)
CROWD_USERS = 200
# The settings that `make test` does without.
LEFT_OUT = ("defaults", "kathmandu")

BOTH: Mapping[str, object] = {"p": "1", "q": "1"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project with definitions that are richer than those it comes with."""
    return copy_project(tmp_path_factory.mktemp("project"), SEEDS)


@pytest.fixture(scope="session", params=ENGINES)
def session_engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn; what is built for it is kept for all its tests."""
    engine: Engine = request.param
    return engine


@pytest.fixture(
    scope="session",
    params=[
        # what a small installation has, `make test-exactness` compares for more users
        pytest.param(name, marks=pytest.mark.unusual if name in LEFT_OUT else ())
        for name in VARIANTS
    ],
)
def variant(request: pytest.FixtureRequest) -> Variant:
    """Each variant of the settings in turn."""
    return VARIANTS[request.param]


@pytest.fixture(scope="session")
def views(
    session_engine: Engine,
    variant: Variant,
    project: Path,
    make_session_database: MakeDatabase,
) -> Iterator[PublicViews]:
    """The views, built with the variant's settings."""
    database = make_session_database(session_engine)
    build(database, project, variant)
    with PublicViews(database, variant.session_timezone) as built:
        yield built


def test_every_public_view_has_a_reference(views: PublicViews) -> None:
    assert views.names() == set(VIEWS)


@pytest.mark.timeout(3600)  # enough for a thorough search
def test_views_match_reference(views: PublicViews, variant: Variant) -> None:
    asked = list(VIEWS)

    @hypothesis.settings(
        max_examples=EXAMPLES[hypothesis.settings.get_current_profile_name()],
        phases=set(Phase) - {Phase.explain},  # as slow as the search itself, and says nothing here
    )
    @given((linked_logs if variant.settings.identity == "merge" else logs)(variant.instants()))
    def check(log: list[Event]) -> None:
        views.replace_events(log)
        for view in asked:
            expected = compute(view, log, DEFINITIONS, variant.settings)
            found = difference(view, expected, views.rows(view), ("reference", views.engine))
            if found:
                # Hypothesis now seeks a smaller log; for speed, one in which this view differs.
                asked[:] = [view]
                pytest.fail(f"{found}\nfor these events:\n{log_as_text(log)}")

    check()


@pytest.mark.parametrize("seed", CROWDS)
@pytest.mark.timeout(900)
def test_crowds_match_reference(views: PublicViews, variant: Variant, seed: int) -> None:
    log = crowd(Random(seed), variant.instants(), CROWD_USERS)  # noqa: S311 - no secret
    found = differing_views([views], log, DEFINITIONS, variant.settings)
    if found:
        pytest.fail(small_difference(*found[0], log, DEFINITIONS, variant.settings))


@pytest.mark.parametrize(
    ("funnel", "events", "users"),
    [
        # two events for the first, third and last step
        (
            "three_overlapping",
            [("A", BOTH), ("A", BOTH), ("B", {}), ("B", {}), ("join", {})],
            [1, 1, 1, 1, 0],
        ),
        (
            "three_overlapping",
            [("A", BOTH), ("A", BOTH), ("A", {}), ("B", {}), ("join", {})],
            [1, 1, 1, 1, 1],
        ),
        # nothing but the first event is odd, and nothing but the second one has q
        (
            "overlapping_actions",
            [
                ("A", {"p": "x", "/q~": 1}),
                ("B", {"p": "x", "q": 5}),
                ("A", {}),
                ("A", {}),
                ("join", {}),
            ],
            [1, 1, 1, 0],
        ),
    ],
    ids=["an_event_too_few", "an_event_each", "the_first_is_needed_twice"],
)
def test_steps_of_one_instant_have_an_event_each(
    views: PublicViews,
    variant: Variant,
    funnel: str,
    events: list[tuple[str, Mapping[str, object]]],
    users: list[int],
) -> None:
    at = variant.instants()[0]
    views.replace_events(
        [
            Event(UUID(int=number), name, at, "ann", properties)
            for number, (name, properties) in enumerate(events)
        ]
    )
    rows = [row for row in views.rows("funnel_conversion") if row["funnel"] == funnel]
    assert {row["step"]: row["users"] for row in rows} == dict(enumerate(users, start=1))
