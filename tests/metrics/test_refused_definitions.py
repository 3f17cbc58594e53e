"""A definition that is refused has not taken effect: every view answers as it did before.

That holds for every command that loads seeds or builds views, and for whatever part of them.
"""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.logs import log
from tests.metrics.views import PublicViews, copy_project
from tests.reference import VIEWS, Definitions, Settings
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.dbt_process import run_dbt_process
from tests.support.run import BUILD_UNTESTED, DbtResult, run_dbt, run_loader

pytestmark = [pytest.mark.slow, pytest.mark.unusual]

FILES = sorted((REPOSITORY / "seeds").glob("*.csv"))

# Around midnight in Berlin, so that a view in another time zone has other rows.
EVENTS = log(
    "ada A 2026-03-01T23:30",
    "ada B 2026-03-02T10:00",
    "ada C 2026-03-02T10:05",
    "ben join 2026-03-05T10:00",
    "ben A 2026-03-05T23:30",
)
BERLIN = {"reporting_timezone": "Europe/Berlin"}

# What a file of definitions may be changed into, and what is said of it.
FAULTS: dict[str, tuple[str, bytes, str]] = {
    "a word that is not known": (
        "funnels",
        b"funnel,step_order,window_seconds,description\nshop,sorted,,\n",
        "seeds/funnels.csv: row 'shop' has the step_order 'sorted', which is not known; write",
    ),
    "no churn windows": (
        "churn_windows",
        b"churn_status,min_days_inactive,max_days_inactive\n",
        "seeds/churn_windows.csv: row '' is missing: the seed has no rows; write",
    ),
    "a word for a number": (
        "churn_windows",
        b"churn_status,min_days_inactive,max_days_inactive\nactive,zero,\n",
        "seeds/churn_windows.csv: row 1 has the min_days_inactive 'zero', which is no whole",
    ),
    "a fraction": (
        "funnels",
        b"funnel,step_order,window_seconds,description\nshop,ordered,1.5,\n",
        "seeds/funnels.csv: row 1 has the window_seconds '1.5', which is no whole number; write",
    ),
    "a word for a number with a point": (
        "alerts",
        (
            b"alert,metric,segment,rule,direction,bound,days,severity,description\n"
            b"few,dau,,threshold,below,1e3,,info,\n"
        ),
        "seeds/alerts.csv: row 1 has the bound '1e3', which is no number; write up to 9 digits,",
    ),
    "a number too large": (
        "funnels",
        b"funnel,step_order,window_seconds,description\nshop,ordered,9223372036854775808,\n",
        "seeds/funnels.csv: row 1 has the window_seconds '9223372036854775808', which is too",
    ),
    "a column less": (
        "segments",
        b"segment,property\nplan,plan\n",
        "seeds/segments.csv: the first line is 'segment,property'; write the names of the columns",
    ),
    "a column twice": (
        "segments",
        b"segment,property,pick,pick\nplan,plan,first,first\n",
        "seeds/segments.csv: the first line is 'segment,property,pick,pick'; write the names of",
    ),
    "a name of a column with a blank": (
        "segments",
        b"segment, property,pick\nplan,plan,first\n",
        "seeds/segments.csv: the first line is 'segment, property,pick'; write the names of the",
    ),
    "a blank line at the start": (
        "segments",
        b"\nsegment,property,pick\nplan,plan,first\n",
        "seeds/segments.csv: the first line is ''; write the names of the columns there: segment,",
    ),
    "an empty file": (
        "segments",
        b"",
        "seeds/segments.csv: the first line is ''; write the names of the columns there: segment,",
    ),
    "a comma outside quotes": (
        "funnels",
        b"funnel,step_order,window_seconds,description\nshop,ordered,,Looks, then buys\n",
        "seeds/funnels.csv: row 1 has 5 fields for 4 columns; write a text that has a ',' in",
    ),
    "a quote that is not closed": (
        "segments",
        b'segment,property,pick\n"plan,plan,first\nage,age,first\n',
        "seeds/segments.csv: a double quote is opened and never closed; write",
    ),
    "another encoding": (
        "segments",
        "segment,property,pick\nGröße,size,first\n".encode("latin-1"),
        "seeds/segments.csv: 'Gr\ufffd\ufffde,size,first' is not in UTF-8; save the file in that",
    ),
    "a character of code 0": (
        "segments",
        b"segment,property,pick\npl\0an,plan,first\n",
        "seeds/segments.csv: 'plan,plan,first' has a character of code 0 in it, which no database",
    ),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "build": BUILD_UNTESTED,
    "build of a view": ("build", "--select", "+user_churn", "--exclude-resource-type", "test"),
    "seed": ("seed",),
    "seed of all in full": ("seed", "--full-refresh"),
}

# Variables that are wrong by themselves, or for the seeds that there are.
VARIABLES: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt zone": ({"reporting_timezone": "Europe/Berln"}, "'Europe/Berln'"),
    "zone that is an offset": ({"reporting_timezone": "UTC+8"}, "'UTC+8'"),
    "too few steps": (BERLIN | {"max_funnel_steps": 1}, "lies beyond the 1 steps that funnels may"),
    "list for a name": (
        BERLIN | {"signup_event": ["join"]},
        "variable signup_event has '['join']'",
    ),
    "nothing in a list": (BERLIN | {"activity_events": ["A", None]}, "activity_events has 'None'"),
}
RUNS: dict[str, tuple[str, ...]] = {
    "build": BUILD_UNTESTED,
    "run": ("run",),
    "run of a view": ("run", "--select", "user_churn"),
}


class Project:
    """A copy of the project whose definitions change, with all views built in Berlin's time."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = directory
        self.database = database
        self.before = self.state()

    def run(
        self, *command: str, variables: Mapping[str, Any] = BERLIN, check: bool = True
    ) -> DbtResult:
        """Run a command of dbt."""
        return run_dbt(
            *command,
            database=self.database,
            variables=variables,
            project=self.directory,
            check=check,
        )

    def write(self, seed: str, content: bytes) -> None:
        """Change a file of definitions."""
        (self.directory / "seeds" / f"{seed}.csv").write_bytes(content)

    def mend(self) -> None:
        """Write all files of definitions as they were."""
        for seed in FILES:
            self.write(seed.stem, seed.read_bytes())

    def state(self) -> dict[str, list[str]]:
        """All that rows of public views depend on: tables of definitions, and what views ask."""
        queries = {seed.stem: f"select * from analytics_definitions.{seed.stem}" for seed in FILES}
        queries["views"] = (
            "select viewname, definition from pg_catalog.pg_views where schemaname ^@ 'analytics'"
            if self.database.engine == "postgres"
            else "select view_name, sql from duckdb_views() where starts_with(schema_name, 'ana')"
        )
        connection = self.database.connect()
        try:
            return {
                name: sorted(map(repr, connection.execute(query).fetchall()))
                for name, query in queries.items()
            }
        finally:
            connection.close()

    def assert_refused(self, result: DbtResult, sentence: str) -> None:
        """A command has said so, and everybody reads what they did before."""
        assert not result.success
        assert sentence in result.output, result.output
        run = {name for name, status in result.statuses.items() if status == "success"}
        assert not {name for name in run if not name.startswith("event_analytics-on-run-")}
        assert self.state() == self.before

    def assert_views_match(self, *names: str) -> None:
        """Views say what the files of definitions ask for."""
        definitions = Definitions.from_seeds(self.directory / "seeds")
        settings = Settings(reporting_timezone="Europe/Berlin")
        with PublicViews(self.database) as views:
            assert_views_match(views, names, EVENTS, definitions, settings)


@pytest.fixture(scope="module", params=ENGINES)
def built(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Project:
    """The project on each engine in turn."""
    engine: Engine = request.param
    directory = copy_project(tmp_path_factory.mktemp("project") / "copy", REPOSITORY / "seeds")
    database = make_session_database(engine)
    run_loader("init", database=database, check=True)
    with PublicViews(database) as views:
        views.append_events(EVENTS, EVENTS[-1].event_time)
    run_dbt(*BUILD_UNTESTED, database=database, variables=BERLIN, project=directory)
    return Project(directory, database)


@pytest.fixture
def project(built: Project) -> Project:
    """The project with its definitions as they were built."""
    built.mend()
    return built


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seed_that_is_refused_changes_nothing(project: Project, fault: str) -> None:
    seed, content, sentence = FAULTS[fault]
    # what is right in other files must not take effect either
    project.write("retentions", b"retention,cohort_event,cohort_kind,return_event,period,periods\n")
    project.write(seed, content)
    project.assert_refused(project.run("seed", check=False), sentence)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_lets_a_refused_seed_take_effect(project: Project, command: str) -> None:
    seed, content, sentence = FAULTS["a word that is not known"]
    project.write(seed, content)
    project.assert_refused(project.run(*COMMANDS[command], check=False), sentence)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_is_refused_changes_nothing(project: Project, variable: str) -> None:
    variables, sentence = VARIABLES[variable]
    project.write("retentions", b"retention,cohort_event,cohort_kind,return_event,period,periods\n")
    for command in RUNS.values() if variable == "misspelt zone" else [RUNS["run of a view"]]:
        project.assert_refused(project.run(*command, variables=variables, check=False), sentence)


def test_a_seed_loads_alone_what_fits_to_those_that_are_there(project: Project) -> None:
    steps = "funnel,step,event,on_day\nshop,1,A,\n"
    project.write("funnels", b"funnel,step_order,window_seconds,description\nshop,ordered,,\n")
    project.write("funnel_steps", steps.encode())
    refused = project.run("seed", "--select", "funnels", check=False)
    project.assert_refused(refused, "seeds/funnels.csv: row 'shop' has no steps; add its steps to")


def test_what_is_mended_takes_effect_by_the_same_command(project: Project) -> None:
    project.write("segments", b"segment,property,pick\nplan,plan,last\n")
    assert not project.run(*BUILD_UNTESTED, check=False).success
    project.write("segments", b"segment,property,pick\nplan,plan,latest\n")
    project.run(*BUILD_UNTESTED)
    project.assert_views_match(*VIEWS)
    project.mend()
    project.run(*BUILD_UNTESTED)
    assert project.state() == project.before


def test_what_is_mended_takes_effect_by_dbt_retry(
    built: Project, make_database: MakeDatabase, tmp_path: Path
) -> None:
    built.mend()
    # a copy, as this process may still have the other one's file open
    project = Project(
        shutil.copytree(built.directory, tmp_path / "copy"),
        make_database(built.database.engine, like=built.database),
    )
    options: Any = {"database": project.database, "project": project.directory}
    views = ("user_segments", "cohort_retention")
    project.write("retentions", b"retention,cohort_event,cohort_kind,return_event,period,periods\n")
    project.write("segments", b"segment,property,pick\nplan,plan,last\n")
    part = ("--select", *(f"+{view}" for view in views))
    code, said = run_dbt_process(*BUILD_UNTESTED, *part, variables=BERLIN, **options)
    assert code == 1, said
    assert "seeds/segments.csv: row 'plan' has the pick 'last', which is not known" in said
    # what was not mended yet is refused once more
    code, said = run_dbt_process("retry", **options)
    assert code == 1, said
    assert "seeds/segments.csv: row 'plan' has the pick 'last', which is not known" in said
    assert project.state() == project.before

    project.write("segments", b"segment,property,pick\nplan,plan,latest\n")
    code, said = run_dbt_process("retry", **options)
    assert code == 0, said
    project.assert_views_match(*views)


@pytest.mark.parametrize("built", ["postgres"], indirect=True)
def test_nobody_reads_new_definitions_beside_old_ones(project: Project) -> None:
    with (project.directory / "seeds" / "actions.csv").open(newline="", encoding="utf-8") as file:
        old = list(csv.DictReader(file))
    project.write("actions", b"action,event_name,property,operator,value\nnew,A,,,\n")
    project.write("segments", b"segment,property,pick\nnew,plan,latest\n")
    seeded = threading.Thread(target=project.run, args=("seed",))
    connection = project.database.connect()
    try:
        with connection.transaction():
            # the last of the tables cannot be loaded as long as this lasts
            connection.execute("lock table analytics_definitions.segments in share mode")
            seeded.start()
            waits = "select count(*) from pg_locks where not granted"
            while connection.execute(waits).fetchone()[0] == 0:
                assert seeded.is_alive()
            count = "select count(*) from analytics_definitions.actions"
            assert connection.execute(count).fetchone() == (len(old),)
        seeded.join()
        assert connection.execute(count).fetchone() == (1,)
    finally:
        connection.close()
    project.mend()
    project.run("seed")
