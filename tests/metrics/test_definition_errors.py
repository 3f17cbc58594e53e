"""A definition that contradicts itself stops `dbt build` with a sentence that says what to mend.

Each folder of faults/ holds seeds, and beside them the sentences that a build has to say of them.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews, copy_project
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import BUILD_UNTESTED, DbtResult, run_dbt, run_loader

# Public views that read a definition, so that none of them may be built from a bad one.
VIEWS_OF_DEFINITIONS = {
    "churn_summary",
    "churn_summary_by_segment",
    "cohort_retention",
    "cohort_retention_by_segment",
    "daily_active_users",
    "daily_active_users_by_segment",
    "daily_churn",
    "funnel_conversion",
    "funnel_conversion_by_segment",
    "funnel_conversion_daily",
    "funnel_users",
    "metric_alerts",
    "metric_anomalies",
    "user_churn",
    "user_segments",
}

FAULTS = Path(__file__).parent / "faults"
RULES = REPOSITORY / "macros" / "definitions" / "rules.sql"

# Variables as wrong as the seeds of a folder, or as nearly wrong.
VARIABLES: dict[str, dict[str, Any]] = {
    "every_fault": {"max_funnel_steps": 11},
    "no_fault": {"reporting_timezone": "Asia/Kolkata", "max_funnel_steps": 10},
}

BuildCase = Callable[..., DbtResult]


def sentences(case: str) -> set[str]:
    """What a build has to say of the seeds of a folder."""
    return set((FAULTS / case / "sentences.txt").read_text(encoding="utf-8").splitlines())


def sentences_in(result: DbtResult) -> set[str]:
    """What a build has said of definitions."""
    lines = (line.strip() for line in result.output.splitlines())
    return {line for line in lines if line.startswith(("seeds/", "dbt_project.yml"))}


@pytest.fixture(scope="module", params=ENGINES)
def database(request: pytest.FixtureRequest, make_session_database: MakeDatabase) -> Database:
    """A database without events, of each engine in turn."""
    engine: Engine = request.param
    database = make_session_database(engine)
    run_loader("init", database=database, check=True)
    return database


@pytest.fixture(scope="module")
def build(database: Database, tmp_path_factory: pytest.TempPathFactory) -> BuildCase:
    """Builds the definitions of a folder, and what else is selected."""
    project = copy_project(tmp_path_factory.mktemp("project") / "copy", REPOSITORY / "seeds")

    def build_case(case: str, selection: str = "+int_definition_errors") -> DbtResult:
        for folder in (REPOSITORY / "seeds", FAULTS / case):
            for seed in folder.glob("*.csv"):
                shutil.copy(seed, project / "seeds")
        return run_dbt(
            *BUILD_UNTESTED,
            *("--select", selection),
            database=database,
            variables=VARIABLES.get(case),
            project=project,
            check=False,
        )

    return build_case


def test_each_faulty_row_is_named_with_its_mend_and_nothing_is_built(
    build: BuildCase, database: Database
) -> None:
    result = build("every_fault", "+int_definition_errors+")
    assert sentences_in(result) == sentences("every_fault")
    assert not result.success
    assert {result.statuses[view] for view in VIEWS_OF_DEFINITIONS} == {"skipped"}
    assert "success" not in {result.statuses[seed.stem] for seed in FAULTS.glob("*/*.csv")}
    with PublicViews(database) as views:
        assert not views.names() & VIEWS_OF_DEFINITIONS


@pytest.mark.parametrize("case", ["no_churn_windows", "churn_windows_before_day_0"])
def test_faults_that_leave_no_room_for_others_are_named(build: BuildCase, case: str) -> None:
    result = build(case)
    assert sentences_in(result) == sentences(case)
    assert not result.success


def test_rows_that_are_nearly_wrong_are_right(build: BuildCase) -> None:
    result = build("no_fault")
    assert sentences_in(result) == sentences("no_fault") == set()
    assert result.success
    assert result.statuses["int_definition_errors"] == "success"


def test_every_rule_has_a_faulty_row() -> None:
    said = set().union(*(sentences(folder.name) for folder in FAULTS.iterdir()))
    rules = re.findall(r"'problem': (.+?),\n\s*'mend': (.+?)\},", RULES.read_text(), re.DOTALL)
    assert len(rules) > 40
    for problem, mend in rules:
        pattern = re.compile(f".* {as_pattern(problem)}; {as_pattern(mend)}\\.")
        assert any(map(pattern.fullmatch, said)), f"no sentence of faults/ says {problem}"


def as_pattern(text: str) -> str:
    """A regular expression for a text in Jinja: what is not written out in it may be anything."""
    return ".*".join(
        ".*".join(map(re.escape, re.split(r"\{\w+\}", literal)))
        for literal in re.findall(r'"(.*?)"', text)
    )


# Variable, value and sentence. No database needs to be asked for these, so one engine is enough.
BAD_VARIABLES = {
    "date in words": (
        "as_of_date",
        "1 March 2026",
        (
            "The variable as_of_date is '1 March 2026'; write it as YYYY-MM-DD, or leave it "
            "empty for the date of the latest event."
        ),
    ),
    "date that does not exist": (
        "as_of_date",
        "2026-02-30",
        "The variable as_of_date is '2026-02-30'",
    ),
    "week that starts on Saturday": (
        "week_start",
        "saturday",
        "The variable week_start is 'saturday'; set it to monday or sunday.",
    ),
    "SQL in place of a time zone": (
        "reporting_timezone",
        "UTC'; drop schema raw",
        (
            "The variable reporting_timezone is 'UTC'; drop schema raw', which is none of IANA's "
            "time zone names (in pytz); set it to one, such as UTC or Europe/Berlin."
        ),
    ),
    "way of merging that is not known": (
        "identity",
        "foo",
        (
            "The variable identity is 'foo'; set it to none, by which every user_id is a person of "
            "its own, or to merge."
        ),
    ),
    "detector that is not known": (
        "anomaly_detector",
        "prophet",
        "The variable anomaly_detector is 'prophet'; set it to weekday or forecast.",
    ),
    "person of one id": (
        "max_person_ids",
        1,
        "The variable max_person_ids is '1'; set it to a whole number of at least 2.",
    ),
    "number in words": (
        "max_funnel_steps",
        "many",
        "The variable max_funnel_steps is 'many'; set it to a whole number of at least 1.",
    ),
}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"), BAD_VARIABLES.values(), ids=BAD_VARIABLES
)
def test_a_bad_variable_is_named_with_its_mend(
    make_database: MakeDatabase, variable: str, value: str, sentence: str
) -> None:
    database = make_database("duckdb")
    result = run_dbt(*BUILD_UNTESTED, database=database, variables={variable: value}, check=False)
    assert not result.success
    assert sentence in result.output
    assert not database.path.exists()
