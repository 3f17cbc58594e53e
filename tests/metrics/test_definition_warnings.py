"""An event name in a definition that no event has is a warning, which a build counts and ends with.

misspelt/ holds seeds, and beside them the sentences that a build has to say of them.
"""

import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.logs import log
from tests.metrics.views import PublicViews, copy_project
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import DbtResult, run_dbt, run_loader

MISSPELT = Path(__file__).parent / "misspelt"
VARIABLES = {"activity_events": ["serach", "buy"], "signup_event": "BUY"}
TEST = "definitions_name_events_that_happen"


class Project:
    """The project with misspelt names, built once, and the events that it is to be tested with."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = copy_project(directory, REPOSITORY / "seeds")
        for seed in MISSPELT.glob("*.csv"):
            shutil.copy(seed, self.directory / "seeds")
        shutil.copytree(REPOSITORY / "tests" / "dbt", self.directory / "tests" / "dbt")
        self.database = database
        run_loader("init", database=database, check=True)
        self.replace_events("ann search 2026-03-01T10:00", "ann buy 2026-03-01T10:01")
        self.built = self.run(
            *("build", "--select", "+int_definition_warnings"),
            *("--exclude", "test_type:unit", "test_type:generic"),
        )

    def replace_events(self, *lines: str) -> None:
        """Put these events in place of all others."""
        with PublicViews(self.database) as views:
            views.replace_events(log(*lines))

    def run(self, *command: str) -> DbtResult:
        """Run dbt, which must succeed."""
        return run_dbt(
            *command, database=self.database, variables=VARIABLES, project=self.directory
        )


@pytest.fixture(scope="module", params=ENGINES)
def project(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Project:
    """The project on each engine in turn."""
    engine: Engine = request.param
    return Project(tmp_path_factory.mktemp("project") / "copy", make_session_database(engine))


def warnings(result: DbtResult) -> list[str]:
    """What dbt has said of definitions, in order."""
    lines = (line.strip() for line in result.output.splitlines())
    return [line for line in lines if line.startswith(("seeds/", "dbt_project.yml"))]


def test_file_row_and_closest_name_are_said_once_each(project: Project) -> None:
    expected = (MISSPELT / "sentences.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(warnings(project.built)) == sorted(expected)


def test_they_count_as_one_warning_of_the_build(project: Project) -> None:
    [test] = [run for run in project.built.result.results if run.node.name == TEST]
    assert (test.status, test.failures) == ("warn", len(warnings(project.built)))
    assert list(project.built.statuses.values()).count("warn") == 1
    assert " WARN=1 " in project.built.output


def test_they_stand_at_the_end_of_the_build(project: Project) -> None:
    _, after = project.built.output.split(warnings(project.built)[-1])
    assert " START " not in after.replace("START hook", "")


def test_names_that_events_have_are_no_warning(project: Project) -> None:
    project.replace_events(
        "ann serach 2026-03-01T10:00",
        "ann register 2026-03-01T10:01",
        "ann buy 2026-03-01T10:02",
        "ann BUY 2026-03-01T10:03",
    )
    tested = project.run("test", "--select", TEST)
    assert tested.statuses[TEST] == "pass"
    assert not warnings(tested)


def test_without_events_nothing_is_warned_of(project: Project) -> None:
    project.replace_events()
    tested = project.run("test", "--select", TEST)
    assert tested.statuses[TEST] == "pass"
    assert not warnings(tested)


def test_what_makes_reports_long_is_said_as_well(project: Project) -> None:
    project.replace_events(
        "ann search 2000-01-01T00:03", "ann buy 2026-03-01T10:01", "bob buy 2026-03-01T10:01"
    )
    built = project.run(
        *("build", "--select", "+int_event_warnings"),
        *("--exclude", "test_type:unit", "test_type:generic", "int_definition_warnings"),
    )
    assert built.statuses["events_are_what_reports_are_made_for"] == "warn"
    said = [line.strip() for line in built.output.splitlines() if "first event" in line]
    assert said == [
        (
            "The first event is dated 2000-01-01; reports by date begin with 2016-03-01; "
            "the variable max_report_days says how far they go back."
        )
    ]
