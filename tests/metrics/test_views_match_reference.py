"""Every public view says the same as the plain reference, for generated logs, on both engines.

The project is built once for each engine and variant of the settings; then raw.events is replaced
for each log, and the views, which store nothing, are read. HYPOTHESIS_PROFILE=thorough tries many
more logs, and other ones each time; `make test-exactness` many more users, with other funnels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import hypothesis
import pytest
from hypothesis import Phase, given

from tests.conftest import MakeDatabase
from tests.metrics.compare import differing_views, small_difference
from tests.metrics.crowds import crowd
from tests.metrics.extremes import EXTREMES, ordinary
from tests.metrics.strategies import logs
from tests.metrics.variants import VARIANTS, Variant
from tests.metrics.views import PublicViews, copy_project, difference, log_as_text
from tests.reference import VIEWS, Definitions, Event, History, compute
from tests.support.databases import ENGINES, Engine
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

SEEDS = Path(__file__).parent / "seeds"
DEFINITIONS = Definitions.from_seeds(SEEDS)
# No more than the seeds need: each step that funnels may have costs time in every query.
MAX_FUNNEL_STEPS = max(len(funnel.steps) for funnel in DEFINITIONS.funnels)

# Of how many logs each variant is asked on each engine, by profile; the first is the empty one.
EXAMPLES = {"repeatable": 3, "thorough": 1000}
# What hangs on equal instants takes more users, who hardly do anything else.
CROWDS = (1,)
CROWD_USERS = 200

# Views with rows for each date, and what they may have for one: the cells of all retentions, the
# steps of all funnels. An event may add a month of rows to each segment, and cells of its cohorts.
DATED = (
    "cohort_retention",
    "cohort_retention_by_segment",
    "daily_active_users",
    "daily_active_users_by_segment",
    "daily_churn",
    "funnel_conversion_daily",
)
ROWS_OF_A_DATE = 150
ROWS_OF_AN_EVENT = 250
# What the steps of a plan hand on, together: how many times as many rows, and how many for a date.
WORK = 5
WORK_OF_A_DATE = 2000

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


@pytest.fixture(scope="session", params=VARIANTS)
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
    run_loader("init", database=database, check=True)
    variables = variant.settings.as_dbt_vars() | {"max_funnel_steps": MAX_FUNNEL_STEPS}
    run_dbt(*BUILD_UNTESTED, database=database, variables=variables, project=project)
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
    @given(logs(variant.instants()))
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


@dataclass(frozen=True)
class Read:
    """All views of a log: how many rows they have, and what their plans hand on to have them."""

    days: int
    rows: Mapping[str, int]
    work: Mapping[str, int]


def read(views: PublicViews, variant: Variant, log: list[Event]) -> Read:
    """Read all views and compare them with the reference."""
    history = History(log, DEFINITIONS, variant.settings)
    views.replace_events(log)
    rows = {}
    for view, reference in VIEWS.items():
        found = views.rows(view)
        differs = difference(view, reference.rows(history), found, ("reference", views.engine))
        assert not differs, differs
        rows[view] = len(found)
    return Read(len(history.calendar), rows, {view: views.work(view) for view in DATED})


@pytest.fixture(scope="session")
def ordinarily(views: PublicViews, variant: Variant) -> Read:
    """What an ordinary log takes."""
    return read(views, variant, ordinary(variant.instants()[0]))


@pytest.mark.parametrize("variant", ["defaults"], indirect=True)
@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.timeout(900)
def test_an_extreme_costs_no_more_than_its_own_rows(
    views: PublicViews, variant: Variant, ordinarily: Read, name: str
) -> None:
    """Rows and work grow with events and with days, not with their product."""
    anchor = variant.instants()[0]
    more = EXTREMES[name](anchor)
    extremely = read(views, variant, ordinary(anchor) + more)
    days = extremely.days - ordinarily.days
    for view in VIEWS:
        by_date = 0 if view.endswith("_by_segment") else ROWS_OF_A_DATE * days
        added = extremely.rows[view] - ordinarily.rows[view]
        assert added <= by_date + ROWS_OF_AN_EVENT * len(more), (view, days)
    for view, work in ordinarily.work.items():
        assert extremely.work[view] <= WORK * work + WORK_OF_A_DATE * days, (view, days, work)


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
