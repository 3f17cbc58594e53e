"""Roll-ups that are kept say the same as the plain reference after every build.

Deliveries come late, in parts, and out of their order; definitions, settings and the time zone
change; builds fail half-way. After each build that succeeds, every public view is compared.
"""

import csv
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from tests.metrics.logs import log
from tests.metrics.strategies import logs
from tests.metrics.views import PublicViews, copy_project, difference
from tests.reference import VIEWS, Definitions, Event, Settings, compute
from tests.support.databases import REPOSITORY, Database
from tests.support.run import DbtResult, run_dbt, run_loader

SEEDS = Path(__file__).parents[1] / "metrics" / "seeds"
LATEST = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
ANCHORS = [datetime(2023, 12, 30, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]
# How many histories are tried on each engine, by profile.
EXAMPLES = {"repeatable": 2, "thorough": 200}
BUILD = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

SETTINGS = (
    Settings(),
    Settings(reporting_timezone="Asia/Kathmandu", week_start="sunday"),
    Settings(signup_event="join", activity_events=("A", "B"), as_of_date=date(2024, 3, 2)),
    Settings(session_gap_minutes=60, max_path_steps=2),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Step:
    """What happens between two builds.

    Attributes:
        events: How many of the events arrive, as a share of those that have not.
        hours: How long before or after the latest delivery they say that they arrived.
        settings: What the build is told, as an index of SETTINGS.
        shorter_windows: Whether the funnels' windows are half as long as in the seeds.
        fails_first: Whether a build fails half-way before the one that succeeds.
    """

    events: float
    hours: int
    settings: int
    shorter_windows: bool
    fails_first: bool


STEPS = st.lists(
    st.builds(
        Step,
        events=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        # twice 0 is one delivery that came to light in two parts; -20 was committed late
        hours=st.sampled_from([0, 0, 1, -20, 400]),
        settings=st.sampled_from([0, 0, 0, 1, 2, 3]),
        shorter_windows=st.sampled_from([False, False, True]),
        fails_first=st.booleans(),
    ),
    min_size=2,
    max_size=4,
)


@dataclass
class Project:
    """A copy of the project whose seeds change, on a database."""

    directory: Path
    database: Database

    def definitions(self, *, shorter_windows: bool) -> Definitions:
        """Write the funnels' windows into the seeds, and read what the seeds define."""
        rows = seed_rows()
        for row in rows:
            if shorter_windows and row["window_seconds"]:
                row["window_seconds"] = str(int(row["window_seconds"]) // 2)
        self.write_funnels(rows)
        return Definitions.from_seeds(self.directory / "seeds")

    def write_funnels(self, rows: list[dict[str, str]]) -> None:
        """Put these rows into the seed of the funnels."""
        path = self.directory / "seeds" / "funnels.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)

    def build(self, settings: Settings, *options: str, check: bool = True) -> DbtResult:
        """Build with roll-ups that are kept."""
        variables = settings.as_dbt_vars() | {"rollups": "incremental"}
        return run_dbt(
            *BUILD,
            *options,
            database=self.database,
            variables=variables,
            project=self.directory,
            check=check,
        )


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Project:
    """The project, and empty raw tables."""
    run_loader("init", database=database, check=True)
    return Project(copy_project(tmp_path, SEEDS), database)


def test_views_match_the_reference_after_every_build(project: Project) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES[hypothesis.settings.get_current_profile_name()],
        # each example takes as long as several builds, so what fails is shown as it was found
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(logs(ANCHORS), STEPS)
    def check(history: list[Event], steps: list[Step]) -> None:
        with PublicViews(project.database) as views:
            views.replace_events([])
        arrived: list[Event] = []
        for number, step in enumerate(steps):
            count = round(step.events * (len(history) - len(arrived)))
            delivered = history[len(arrived) : len(arrived) + count]
            with PublicViews(project.database) as views:
                views.append_events(delivered, LATEST + timedelta(hours=step.hours))
            arrived += delivered
            settings = SETTINGS[step.settings]
            refresh = ["--full-refresh"] if number == 0 else []
            if step.fails_first:
                fail_half_way(project, settings, *refresh)
            definitions = project.definitions(shorter_windows=step.shorter_windows)
            project.build(settings, *refresh)
            assert_views_match(project.database, arrived, definitions, settings, steps)

    check()


def fail_half_way(project: Project, settings: Settings, *options: str) -> None:
    """Let a test between the events and the funnels fail, by which the funnels are skipped."""
    failing = project.directory / "tests" / "dbt" / "fails.sql"
    failing.parent.mkdir(parents=True, exist_ok=True)
    failing.write_text("-- depends_on: {{ ref('int_funnel_step_events') }}\nselect 1 as failure\n")
    try:
        failed = run_dbt(
            *("build", "--exclude-resource-type", "unit_test", "--exclude", "test_type:generic"),
            *options,
            database=project.database,
            variables=settings.as_dbt_vars() | {"rollups": "incremental"},
            project=project.directory,
            check=False,
        )
    finally:
        failing.unlink()
    assert not failed.success
    assert failed.statuses["int_sessions"] == "success"
    assert failed.statuses["int_funnel_progress"] == "skipped"


def assert_views_match(
    database: Database,
    events: list[Event],
    definitions: Definitions,
    settings: Settings,
    happened: object,
) -> None:
    """Compare every public view with the reference."""
    with PublicViews(database) as views:
        for view in VIEWS:
            expected = compute(view, events, definitions, settings)
            found = difference(view, expected, views.rows(view), ("reference", views.engine))
            assert not found, f"{found}\nafter {happened}"


def test_a_build_without_new_events_computes_no_user_again(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    with PublicViews(project.database) as views:
        views.append_events(events[:6], LATEST)
    project.build(Settings(), "--full-refresh")
    assert due_users(project.database) == {"ann", "bob", "cay"}

    project.build(Settings())
    assert due_users(project.database) == set()

    with PublicViews(project.database) as views:
        views.append_events(events[6:], LATEST + timedelta(hours=1))
    project.build(Settings())
    assert due_users(project.database) == {"bob"}
    assert_views_match(project.database, events, definitions, Settings(), "one more event of bob")


def test_a_changed_definition_computes_everybody_again(project: Project) -> None:
    events = some_events()
    with PublicViews(project.database) as views:
        views.append_events(events, LATEST)
    project.definitions(shorter_windows=False)
    project.build(Settings(), "--full-refresh")
    definitions = project.definitions(shorter_windows=True)
    project.build(Settings())
    assert due_users(project.database) == {"ann", "bob", "cay"}
    assert_views_match(project.database, events, definitions, Settings(), "shorter windows")


def test_a_build_of_a_part_leaves_everything_due(project: Project) -> None:
    events = some_events()
    definitions = project.definitions(shorter_windows=False)
    with PublicViews(project.database) as views:
        views.append_events(events[:6], LATEST)
    project.build(Settings(), "--full-refresh")
    with PublicViews(project.database) as views:
        views.append_events(events[6:], LATEST + timedelta(hours=1))
    project.build(Settings(), "--select", "+int_user_days")
    project.build(Settings())
    assert due_users(project.database) == {"bob"}
    assert_views_match(project.database, events, definitions, Settings(), "a build of a part")


def test_roll_ups_can_be_given_up_and_taken_up_again(project: Project) -> None:
    events = some_events()
    definitions = project.definitions(shorter_windows=False)
    with PublicViews(project.database) as views:
        views.append_events(events[:6], LATEST)
    project.build(Settings(), "--full-refresh")
    with PublicViews(project.database) as views:
        views.append_events(events[6:], LATEST + timedelta(hours=1))
    run_dbt(*BUILD, database=project.database, project=project.directory)
    assert_views_match(project.database, events, definitions, Settings(), "as views")
    project.build(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "kept again")


def test_data_tests_hold_after_a_refresh(project: Project) -> None:
    shutil.copytree(REPOSITORY / "tests" / "dbt", project.directory / "tests" / "dbt")
    events = some_events()
    project.definitions(shorter_windows=False)
    with PublicViews(project.database) as views:
        views.append_events(events[:6], LATEST)
    project.build(Settings(), "--full-refresh")
    with PublicViews(project.database) as views:
        views.append_events(events[6:], LATEST + timedelta(hours=1))
    run_dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        database=project.database,
        variables={"rollups": "incremental"},
        project=project.directory,
        check=True,
    )
    assert due_users(project.database) == {"bob"}


def test_a_full_refresh_of_a_part_is_refused(project: Project) -> None:
    project.build(Settings(), "--full-refresh")
    refused = project.build(Settings(), "--full-refresh", "--select", "int_user_days", check=False)
    assert not refused.success
    assert "would leave int_user_days with a part of the users" in refused.output


def seed_rows() -> list[dict[str, str]]:
    """The funnels of the tests' own seeds."""
    with (SEEDS / "funnels.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def due_users(database: Database) -> set[str]:
    """The users that the last build computed again."""
    rows = database.query("select user_id from analytics_intermediate.int_due_users")
    return {user_id for (user_id,) in rows}


def some_events() -> list[Event]:
    """Events of three users; the last one, of bob, lies before all others of his."""
    return log(
        "ann A 2024-02-28T10:00",
        "ann B 2024-02-28T10:05",
        "bob A 2024-02-28T11:00",
        "bob B 2024-03-01T11:00",
        "cay join 2024-02-29T12:00",
        "cay A 2024-02-29T12:20",
        "bob A 2024-02-27T09:00",
    )
