"""Funnel views are built for the funnels that there are, and never answer for other ones.

How long funnels are, and in which order their steps follow, decides what a build writes into the
views.
After a `dbt seed` without a build, they give the rows of the new definitions or stop, and say why.
"""

import csv
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.logs import log
from tests.metrics.views import PublicViews, copy_project
from tests.reference import Definitions, Settings
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

pytestmark = pytest.mark.slow

VIEWS = ("funnel_users", "funnel_conversion", "funnel_conversion_daily")
SEEDS = ("--select", "funnels", "funnel_steps")
MODELS = ("--select", *(f"+{view}" for view in VIEWS))
STOPPED = "row 'checkout' has changed since the views were built; run dbt build"

# Users named after what they do; most of it falls on instants that several events share.
EVENTS = log(
    "in_order look 2024-02-28T10:00",
    "in_order buy 2024-02-28T10:30",
    "in_order rate 2024-02-29T09:00",
    "at_once look 2024-02-28T10:00",
    "at_once buy 2024-02-28T10:00",
    "at_once rate 2024-02-28T10:00",
    "looks_twice_at_once look 2024-02-28T10:00",
    "looks_twice_at_once look 2024-02-28T10:00",
    "looks_twice_at_once rate 2024-02-28T10:20",
    "buys_before buy 2024-02-28T09:59",
    "buys_before look 2024-02-28T10:00",
    "buys_before rate 2024-02-28T10:00",
    "an_hour_late look 2024-02-28T10:00",
    "an_hour_late buy 2024-02-28T11:00:00.000001",
    "second_look_counts look 2024-02-28T10:00",
    "second_look_counts look 2024-02-28T10:30",
    "second_look_counts buy 2024-02-28T11:15",
    "second_look_counts rate 2024-02-28T11:15",
    "next_day look 2024-02-28T23:30",
    "next_day look 2024-02-29T00:10",
)

# What a funnel is like: its step_order, and each step's event and on_day.
Shape = tuple[str, tuple[tuple[str, str], ...]]
PLAIN: Shape = ("ordered", (("look", ""), ("buy", "")))

# Each asks for something that views built for PLAIN do not compute.
MORE: dict[str, Shape] = {
    "a step more": ("ordered", (("look", ""), ("buy", ""), ("rate", ""))),
    "strict": ("strict", (("look", ""), ("buy", ""))),
    "unordered": ("unordered", (("look", ""), ("buy", ""))),
}
# Views built for PLAIN compute these as well.
ENOUGH: dict[str, Shape] = {
    "a step less": ("ordered", (("look", ""),)),
    "another event": ("ordered", (("look", ""), ("rate", ""))),
    "a day": ("ordered", (("look", ""), ("rate", "1"))),
    "any event": ("ordered", (("look", ""), ("*", ""))),
    "any event on a day": ("ordered", (("look", ""), ("*", "1"))),
    "an event twice": ("ordered", (("look", ""), ("look", ""))),
}


class Project:
    """A copy of the project whose funnels change, and a database with events."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = copy_project(directory, REPOSITORY / "seeds")
        self.database = database
        run_loader("init", database=database, check=True)
        with PublicViews(database) as views:
            views.replace_events(EVENTS)
        self.seed(checkout=PLAIN)
        self.build()

    def run(self, *command: str, **variables: object) -> None:
        """Run a command of dbt, which has to succeed."""
        run_dbt(*command, database=self.database, variables=variables, project=self.directory)

    def build(self, **variables: object) -> None:
        """Build the funnel views, and the definitions that they read."""
        self.run(*BUILD_UNTESTED, *MODELS, **variables)

    def seed(self, **funnels: Shape) -> None:
        """Write funnels by name, all with a window of an hour, into the seeds."""
        seeds = self.directory / "seeds"
        with (
            (seeds / "funnels.csv").open("w", newline="", encoding="utf-8") as funnels_file,
            (seeds / "funnel_steps.csv").open("w", newline="", encoding="utf-8") as steps_file,
        ):
            funnel_rows, step_rows = csv.writer(funnels_file), csv.writer(steps_file)
            funnel_rows.writerow(["funnel", "step_order", "window_seconds", "description"])
            step_rows.writerow(["funnel", "step", "event", "on_day"])
            for funnel, (step_order, steps) in funnels.items():
                funnel_rows.writerow([funnel, step_order, 3600, ""])
                for step, (event, on_day) in enumerate(steps, start=1):
                    step_rows.writerow([funnel, step, event, on_day])

    def assert_views_match(self) -> None:
        """Compare the funnel views with the reference, for what stands in the seeds."""
        definitions = Definitions.from_seeds(self.directory / "seeds")
        with PublicViews(self.database) as views:
            assert_views_match(views, VIEWS, EVENTS, definitions, Settings())


@pytest.fixture(scope="module", params=ENGINES)
def project(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Project:
    """The project with its views built for PLAIN; each test leaves them so."""
    engine: Engine = request.param
    return Project(tmp_path_factory.mktemp("project") / "copy", make_session_database(engine))


@pytest.mark.parametrize("shape", ENOUGH.values(), ids=ENOUGH)
def test_views_follow_seeds_that_ask_for_no_more(project: Project, shape: Shape) -> None:
    project.seed(checkout=shape)
    project.run("seed", *SEEDS)
    project.assert_views_match()


@pytest.mark.parametrize("shape", MORE.values(), ids=MORE)
def test_views_stop_where_seeds_ask_for_more(project: Project, shape: Shape) -> None:
    project.seed(checkout=shape)
    project.run("seed", *SEEDS)
    for view in VIEWS:
        with (
            PublicViews(project.database) as views,
            pytest.raises((duckdb.Error, psycopg.Error), match=STOPPED),
        ):
            views.rows(view)


def test_views_compute_what_the_seeds_ask_for_after_a_build(project: Project) -> None:
    project.seed(checkout=PLAIN, **MORE, **ENOUGH)
    project.build()
    project.assert_views_match()

    # what no funnel asks for any more
    project.seed(checkout=PLAIN)
    project.run("seed", *SEEDS)
    project.assert_views_match()


@pytest.mark.unusual
def test_funnels_may_have_twenty_steps(project: Project) -> None:
    names = ("look", "*", "buy", "look", "rate")
    steps = tuple((names[number % len(names)], "") for number in range(20))
    project.seed(**{order: (order, steps) for order in ("ordered", "strict", "unordered")})
    project.build(max_funnel_steps=20)
    project.assert_views_match()

    # and fewer again
    project.seed(checkout=PLAIN)
    project.build()
    project.assert_views_match()


@pytest.mark.parametrize("engine", ENGINES)
def test_without_seeds_to_ask_there_is_every_pass(
    make_database: MakeDatabase, engine: Engine
) -> None:
    database = make_database(engine)
    run_dbt(
        "compile", "--select", "int_funnel_attempts",
        database=database, variables={"max_funnel_steps": 4},
    )  # fmt: skip
    compiled = database.directory / "target" / "compiled" / "event_analytics" / "models"
    text = (compiled / "facts" / "funnels" / "int_funnel_attempts.sql").read_text()
    assert "from attempts_4" in text
    assert "attempts_5" not in text
