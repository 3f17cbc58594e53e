"""A definition that contradicts itself stops `dbt build` with a sentence that says what to mend."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.logs import log
from tests.metrics.views import PublicViews, copy_project
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import DbtResult, run_dbt, run_loader

# Tests of seeds and models would only take time here.
BUILD = ("build", "--exclude-resource-type", "test", "unit_test")
# The definitions, their check, and all that comes after it.
CHECK = ("--select", "+int_definition_errors+")
# What names events, with a model that comes after the warning.
MATCH = ("--select", "+int_named_events")

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
    "user_churn",
    "user_segments",
}

TOO_MANY_STEPS = "".join(f"        too_long,{step},search,\n" for step in range(3, 12))

# Each row is named after its fault; `fine` has none.
BAD_SEEDS = {
    "actions": """\
        action,event_name,property,operator,value
        fine,search,query,contains,5
        $signup,search,,,
        itself,itself,,,
        of_action,fine,,,
        any_event,*,,,
        sounds_like,search,query,like,%5%
        operator_only,search,,exists,
        no_value,search,query,not_equals,
        value_too_many,search,query,exists,5
        """,
    "funnels": """\
        funnel,step_order,window_seconds,description
        fine,ordered,60,Nothing wrong here
        by_name,by_name,,
        negative,ordered,-1,
        no_steps,ordered,,
        step_twice,ordered,,
        gap,ordered,,
        too_long,ordered,,
        day_at_start,ordered,,
        """,
    "funnel_steps": f"""\
        funnel,step,event,on_day
        fine,1,search,
        fine,2,*,0
        by_name,1,search,
        negative,1,search,
        step_twice,1,search,
        step_twice,2,search,
        step_twice,2,buy,
        gap,1,search,
        gap,3,buy,
        too_long,1,search,
        too_long,2,search,
{TOO_MANY_STEPS}        day_at_start,1,search,0
        no_funnel,1,search,
        """,
    "retentions": """\
        retention,cohort_event,cohort_kind,return_event,period,periods
        fine,*,first_time,search,day,0
        sometimes,*,sometimes,*,day,7
        by_hour,*,first_time,*,hour,7
        """,
    "churn_windows": """\
        churn_status,min_days_inactive,max_days_inactive
        active,0,6
        overlapping,6,13
        gapped,15,29
        hard_churn,30,
        """,
    "segments": """\
        segment,property,pick
        fine,plan,first
        segment_twice,plan,first
        segment_twice,app,latest
        most_frequent,plan,most_frequent
        no_property,,latest
        ,plan,first
        """,
}

BAD_TIME_ZONE = "Mars/Olympus_Mons"

SENTENCES = {
    "unknown time zone": (
        f"dbt_project.yml: the variable reporting_timezone is '{BAD_TIME_ZONE}', which the "
        "database does not know; write an IANA name such as UTC or Europe/Berlin."
    ),
    "action with the name of a sign": (
        "seeds/actions.csv: row '$signup' has the name of a sign that definitions use; give the "
        "action another name than * and $signup."
    ),
    "action that names itself": (
        "seeds/actions.csv: row 'itself, itself' names itself; write the event that it filters, "
        "and give the action another name."
    ),
    "action that names an action": (
        "seeds/actions.csv: row 'of_action, fine' names an action where an event name belongs; "
        "write the events of that action in rows of this one, or rename that action."
    ),
    "action of any event": (
        "seeds/actions.csv: row 'any_event, *' asks for a sign where an event name belongs; write "
        "the name of one event; more events are more rows."
    ),
    "unknown operator": (
        "seeds/actions.csv: row 'sounds_like, search' has the operator 'like', which is not known; "
        "write equals, not_equals, contains or exists."
    ),
    "operator without a property": (
        "seeds/actions.csv: row 'operator_only, search' has an operator or a value but no "
        "property; write the property, or leave all three empty to take every event of that name."
    ),
    "operator without a value": (
        "seeds/actions.csv: row 'no_value, search' has the operator 'not_equals' but no value; "
        "write the value to compare with, or ask for exists."
    ),
    "value beside exists": (
        "seeds/actions.csv: row 'value_too_many, search' has a value, which exists does not look "
        "at; leave the value empty, or write equals, not_equals or contains."
    ),
    "unknown step_order": (
        "seeds/funnels.csv: row 'by_name' has the step_order 'by_name', which is not known; "
        "write ordered, strict or unordered."
    ),
    "negative window": (
        "seeds/funnels.csv: row 'negative' has a window_seconds of -1; write seconds from "
        "0 to 3155760000 (100 years), or leave it empty."
    ),
    "funnel without steps": (
        "seeds/funnels.csv: row 'no_steps' has no steps; add its steps to "
        "seeds/funnel_steps.csv, or remove the funnel."
    ),
    "steps of an unknown funnel": (
        "seeds/funnel_steps.csv: row 'no_funnel' has steps but no row in seeds/funnels.csv; add "
        "the funnel there, or remove its steps."
    ),
    "two rows for one step": (
        "seeds/funnel_steps.csv: row 'step_twice, step 2' stands in more than one row; give each "
        "step of the funnel a number of its own."
    ),
    "missing step number": (
        "seeds/funnel_steps.csv: row 'gap' has 2 steps numbered from 1 to 3; number them 1, 2, 3 "
        "and so on, without a gap."
    ),
    "more steps than max_funnel_steps": (
        "seeds/funnel_steps.csv: row 'too_long, step 11' lies beyond the 10 steps that funnels "
        "may have; raise the variable max_funnel_steps in dbt_project.yml."
    ),
    "on_day at step 1": (
        "seeds/funnel_steps.csv: row 'day_at_start, step 1' has an on_day of 0; write days after "
        "the first step, 0 to 36525, and leave it empty at step 1."
    ),
    "unknown cohort_kind": (
        "seeds/retentions.csv: row 'sometimes' has the cohort_kind 'sometimes', which is not "
        "known; write first_time or recurring."
    ),
    "unknown period": (
        "seeds/retentions.csv: row 'by_hour' has the period 'hour', which is not known; write "
        "day, week or month."
    ),
    "overlapping churn windows": (
        "seeds/churn_windows.csv: row 'overlapping' overlaps with 'active'; let each window start "
        "one day after the one before it ends."
    ),
    "gap between churn windows": (
        "seeds/churn_windows.csv: row 'gapped' leaves a gap after 'overlapping'; let each window "
        "start one day after the one before it ends."
    ),
    "segment without a name": ("seeds/segments.csv: row '' has no name; give the segment a name."),
    "segment that stands twice": (
        "seeds/segments.csv: row 'segment_twice' stands in more than one row; keep one row for "
        "each segment."
    ),
    "segment without a property": (
        "seeds/segments.csv: row 'no_property' names no property; write the property of events "
        "that tells users apart."
    ),
    "unknown pick": (
        "seeds/segments.csv: row 'most_frequent' has the pick 'most_frequent', which is not known; "
        "write first or latest."
    ),
}

# Right, but for an event name with a slip of the pen in four places.
MISSPELT_SEEDS = {
    "actions": """\
        action,event_name,property,operator,value
        search,serach,query,exists,
        unused,also_misspelt,,,
        """,
    "funnels": """\
        funnel,step_order,window_seconds,description
        purchase,ordered,,
        """,
    "funnel_steps": """\
        funnel,step,event,on_day
        purchase,1,$signup,
        purchase,2,serach,
        purchase,3,*,
        """,
    "retentions": """\
        retention,cohort_event,cohort_kind,return_event,period,periods
        searchers,search,recurring,serach,week,4
        misspelt,serach,first_time,*,week,4
        """,
    "churn_windows": """\
        churn_status,min_days_inactive,max_days_inactive
        active,0,6
        gone,7,
        """,
    "segments": """\
        segment,property,pick
        plan,plan,latest
        """,
}


@dataclass(frozen=True)
class Built:
    """What a build said, and which public views were there after it."""

    result: DbtResult
    views: set[str]

    def lines(self) -> list[str]:
        """The lines of all messages."""
        return [line.strip() for line in self.result.output.splitlines()]


class Project:
    """A copy of the project whose seeds can be replaced, and one database to build it in."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = copy_project(directory, REPOSITORY / "seeds")
        self.database = database
        run_loader("init", database=database, check=True)
        with PublicViews(database) as views:
            views.replace_events(log("ann search 2026-03-01T10:00"))

    def build(
        self, seeds: dict[str, str], selection: tuple[str, ...], **variables: object
    ) -> Built:
        """Build what is selected with these CSV texts as seeds."""
        for name, text in seeds.items():
            (self.directory / "seeds" / f"{name}.csv").write_text(dedent(text))
        result = run_dbt(
            *BUILD,
            *selection,
            database=self.database,
            variables=variables,
            project=self.directory,
            check=False,
        )
        with PublicViews(self.database) as views:
            return Built(result, views.names())


@pytest.fixture(scope="module", params=ENGINES)
def project(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Project:
    """The project on each engine in turn."""
    engine: Engine = request.param
    return Project(tmp_path_factory.mktemp("project") / "copy", make_session_database(engine))


@pytest.fixture(scope="module")
def bad(project: Project) -> Built:
    """One build with all that is wrong."""
    return project.build(BAD_SEEDS, CHECK, reporting_timezone=BAD_TIME_ZONE)


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_a_bad_row_is_named_with_its_mend(bad: Built, sentence: str) -> None:
    assert sentence in bad.lines()


def test_nothing_else_is_named(bad: Built) -> None:
    named = {line for line in bad.lines() if line.startswith(("seeds/", "dbt_project.yml"))}
    assert named == set(SENTENCES.values())


def test_nothing_is_built_from_bad_definitions(bad: Built) -> None:
    assert not bad.result.success
    assert bad.result.statuses["int_definition_errors"] == "error"
    assert {bad.result.statuses[view] for view in VIEWS_OF_DEFINITIONS} == {"skipped"}
    assert not bad.views & VIEWS_OF_DEFINITIONS


@pytest.fixture(scope="module")
def misspelt(project: Project) -> Built:
    """One build with names that only warn."""
    return project.build(MISSPELT_SEEDS, MATCH)


def test_an_event_name_that_no_event_has_is_warned_of(misspelt: Built) -> None:
    lines = misspelt.lines()
    warnings = [line for line in lines if "which no event in the events table has" in line]
    assert len(warnings) == 1
    assert "'serach'" in warnings[0]
    assert misspelt.result.success
    assert misspelt.result.statuses["int_named_events"] == "success"


def test_an_action_with_the_name_of_an_event_is_warned_of(misspelt: Built) -> None:
    lines = misspelt.lines()
    warnings = [line for line in lines if "an action in seeds/actions.csv and also" in line]
    assert len(warnings) == 1
    assert "'search'" in warnings[0]


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
            "The variable reporting_timezone is 'UTC'; drop schema raw', which is no time zone "
            "name; set it to an IANA name such as UTC or Europe/Berlin."
        ),
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
    result = run_dbt(*BUILD, database=database, variables={variable: value}, check=False)
    assert not result.success
    assert sentence in result.output
    assert not database.path.exists()
