"""Every public view says the same as the plain reference, for generated logs, on both engines.

The project is built once for each engine and variant of the settings; then raw.events is replaced
for each log, and the views, which store nothing, are read. HYPOTHESIS_PROFILE=thorough tries many
more logs, and other ones each time.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import hypothesis
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from tests.conftest import MakeDatabase
from tests.metrics.strategies import logs
from tests.metrics.views import PublicViews, copy_project, difference
from tests.reference import VIEWS, Definitions, Event, Settings, compute
from tests.support.databases import ENGINES, Engine
from tests.support.run import run_dbt, run_loader

SEEDS = Path(__file__).parent / "seeds"
DEFINITIONS = Definitions.from_seeds(SEEDS)
# No more than the seeds need: each step that funnels may have costs time in every query.
MAX_FUNNEL_STEPS = max(len(funnel.steps) for funnel in DEFINITIONS.funnels)

# Of how many logs each variant is asked on each engine, by profile; the first is the empty one.
EXAMPLES = {"repeatable": 12, "thorough": 1000}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Variant:
    """Settings, instants around which something happens under them, and a session's time zone."""

    settings: Settings
    anchors: tuple[str, ...]
    session_timezone: str = "UTC"

    def logs(self) -> st.SearchStrategy[list[Event]]:
        """Logs that begin around the anchors."""
        return logs([datetime.fromisoformat(anchor).astimezone(UTC) for anchor in self.anchors])


VARIANTS = {
    "defaults": Variant(
        Settings(),
        (
            "2023-01-01T00:00Z",
            "2023-03-01T00:00Z",  # no leap year
            "2024-02-29T00:00Z",
            "2024-03-01T00:00Z",
            "2024-04-01T00:00Z",
            "2024-12-30T00:00Z",  # a Monday, in the first ISO week of the next year
        ),
    ),
    "berlin": Variant(
        Settings(
            reporting_timezone="Europe/Berlin",
            week_start="sunday",
            activity_events=("A", "B"),  # signing up is none
            signup_event="join",
            as_of_date=date(2024, 4, 2),
        ),
        (
            "2023-10-29T00:00+02:00",  # a day of 25 hours, the clock goes back at
            "2023-10-29T01:00Z",
            "2024-01-01T00:00+01:00",
            "2024-02-29T00:00+01:00",
            "2024-03-31T00:00+01:00",  # a day of 23 hours, the clock goes forward at
            "2024-03-31T01:00Z",
            "2024-04-03T00:00+02:00",  # where the reports end
        ),
    ),
    "kathmandu": Variant(
        Settings(
            reporting_timezone="Asia/Kathmandu",
            activity_events=("q_is_5", "C"),  # an action and a name
            signup_event="like_x",
            as_of_date=date(2024, 3, 12),
            wau_days=1,
            mau_days=3,
            session_gap_minutes=60,
            max_path_steps=2,
        ),
        (
            "2023-12-31T00:00+05:45",
            "2024-01-01T00:00+05:45",
            "2024-02-29T00:00+05:45",
            "2024-03-04T00:00+05:45",
        ),
        session_timezone="America/Havana",  # where 2024-03-10 has no midnight
    ),
}


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
    for command in ("seed", "run"):
        run_dbt(command, database=database, variables=variables, project=project)
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
    @given(variant.logs())
    def check(log: list[Event]) -> None:
        views.replace_events(log)
        for view in asked:
            expected = compute(view, log, DEFINITIONS, variant.settings)
            found = difference(view, expected, views.rows(view), ("reference", views.engine))
            if found:
                # Hypothesis now seeks a smaller log; for speed, one in which this view differs.
                asked[:] = [view]
                pytest.fail(f"{found}\nfor these events:\n{_as_lines(log)}")

    check()


def _as_lines(log: list[Event]) -> str:
    lines = (
        f"  {e.event_time.isoformat()}  {e.user_id!r}  {e.event_name!r}  {e.event_id}"
        f"  {json.dumps(e.properties)}"
        for e in sorted(log, key=lambda e: (e.user_id, e.event_time))
    )
    return "\n".join(lines) or "  none"
