"""One extreme in an ordinary log costs its own rows: no view grows with days times values.

Each kind of it is played through both engines, and all views are compared with the reference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.extremes import EXTREMES, ordinary
from tests.metrics.variants import DEFINITIONS, SEEDS, VARIANTS, build
from tests.metrics.views import PublicViews, copy_project, difference
from tests.reference import VIEWS, Event, History
from tests.support.databases import ENGINES

VARIANT = VARIANTS["defaults"]
ANCHOR = VARIANT.instants()[0]

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

pytestmark = [pytest.mark.slow, pytest.mark.unusual]


@dataclass(frozen=True)
class Read:
    """All views of a log: how many rows they have, and what their plans hand on to have them."""

    days: int
    rows: Mapping[str, int]
    work: Mapping[str, int]


def read(views: PublicViews, log: list[Event]) -> Read:
    """Read all views and compare them with the reference."""
    history = History(log, DEFINITIONS, VARIANT.settings)
    views.replace_events(log)
    rows = {}
    for view, reference in VIEWS.items():
        found = views.rows(view)
        differs = difference(view, reference.rows(history), found, ("reference", views.engine))
        assert not differs, differs
        rows[view] = len(found)
    return Read(len(history.calendar), rows, {view: views.work(view) for view in DATED})


@pytest.fixture(scope="module", params=ENGINES)
def views(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Iterator[PublicViews]:
    """The views on each engine in turn."""
    database = make_session_database(request.param)
    build(database, copy_project(tmp_path_factory.mktemp("project"), SEEDS), VARIANT)
    with PublicViews(database) as built:
        yield built


@pytest.fixture(scope="module")
def ordinarily(views: PublicViews) -> Read:
    """What an ordinary log takes."""
    return read(views, ordinary(ANCHOR))


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.timeout(900)
def test_an_extreme_costs_no_more_than_its_own_rows(
    views: PublicViews, ordinarily: Read, name: str
) -> None:
    """Rows and work grow with events and with days, not with their product."""
    more = EXTREMES[name](ANCHOR)
    extremely = read(views, ordinary(ANCHOR) + more)
    days = extremely.days - ordinarily.days
    for view in VIEWS:
        by_date = 0 if view.endswith("_by_segment") else ROWS_OF_A_DATE * days
        added = extremely.rows[view] - ordinarily.rows[view]
        assert added <= by_date + ROWS_OF_AN_EVENT * len(more), (view, days)
    for view, work in ordinarily.work.items():
        assert extremely.work[view] <= WORK * work + WORK_OF_A_DATE * days, (view, days, work)
