"""Alerts and anomalies where there is something to judge: users who come day after day.

Other logs are held against the reference with all views; these seldom have dates enough before
a date.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import duckdb
import psycopg
import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.variants import DEFINITIONS, SEEDS
from tests.metrics.views import PublicViews, copy_project
from tests.reference import Definitions, Event, Settings
from tests.support.databases import ENGINES, Database, Engine
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

pytestmark = pytest.mark.slow

VIEWS = ("metric_anomalies", "metric_alerts")
SELECTED = ("--select", *(f"+{view}" for view in VIEWS))
SETTINGS = Settings(
    reporting_timezone="CET", anomaly_weeks=4, anomaly_days=10, alert_report_days=50
)
# of two rows that both have changed, the one that the engine looks at first
STOPPED = r"row '(few|odd)' has changed since the views were built; run dbt build"
START = datetime.fromisoformat("2024-01-01T12:00Z")
DAYS = 90


def events(users: Sequence[int], segment_values: Sequence[str] = ("x", "y", "")) -> list[Event]:
    """On each date so many users do something, most of them twice."""
    return [
        Event(
            UUID(int=(day * 1000 + user) * 2 + again),
            "A",
            START + timedelta(days=day, minutes=user + 10 * again),
            f"user {user}",
            {"p": segment_values[user % len(segment_values)]},
        )
        for day, number in enumerate(users)
        for user in range(number)
        for again in range(1 if user % 3 else 2)
    ]


def rhythm(seed: int) -> list[int]:
    """Users by date: weekends are half as busy, some dates are odd, and on some there is nobody."""
    chance = Random(seed)  # noqa: S311 - no secret
    users = []
    for day in range(DAYS):
        usual = (24 if day % 7 < 5 else 12) * 1.01**day * chance.uniform(0.9, 1.1)
        users.append(round(usual * chance.choices((1, 0, 0.3, 2), (90, 4, 3, 3))[0]))
    return users


# Constant counts, too, of which no medians differ, and one date with users among empty ones.
LOGS = {
    "rhythm": rhythm(1),
    "another rhythm": rhythm(2),
    "growth from a few": [1 + day // 6 for day in range(DAYS)],
    "nothing ever changes": [7] * DAYS,
    "long holes": [9 if day % 30 < 12 else 0 for day in range(DAYS)],
    "too short": [5] * 20,
    "a single date": [3],
    "nothing for weeks, then a crowd": [2] * 20 + [0] * 60 + [40] * 2,
    "nobody": [],
}


@pytest.fixture(scope="module", params=ENGINES)
def database(request: pytest.FixtureRequest, make_session_database: MakeDatabase) -> Database:
    """A database without events, of each engine in turn."""
    engine: Engine = request.param
    database = make_session_database(engine)
    run_loader("init", database=database, check=True)
    return database


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with alerts of each rule."""
    return copy_project(tmp_path_factory.mktemp("project") / "copy", SEEDS)


@pytest.fixture(scope="module")
def views(database: Database, project: Path) -> Iterator[PublicViews]:
    """The views, built for these alerts."""
    variables = SETTINGS.as_dbt_vars()
    run_dbt(*BUILD_UNTESTED, *SELECTED, database=database, project=project, variables=variables)
    with PublicViews(database) as built:
        yield built


@pytest.mark.parametrize("name", LOGS)
def test_alerts_and_anomalies_match_the_reference(views: PublicViews, name: str) -> None:
    log = events(LOGS[name])
    views.replace_events(log)
    assert_views_match(views, VIEWS, log, DEFINITIONS, SETTINGS)


def test_a_date_unlike_its_weekday_is_the_only_anomaly(views: PublicViews) -> None:
    users = [20 if day % 7 < 5 else 8 for day in range(DAYS)]
    # a Sunday with as many as a Monday, and the last date but one, which is over
    users[69] = 20
    users[-2] = 2
    views.replace_events(events(users))
    rows = [row for row in views.rows("metric_anomalies") if row["metric"] == "dau"]
    assert {row["date"] for row in rows if row["is_anomaly"]} == {
        date(2024, 1, 1) + timedelta(days=69),
        date(2024, 1, 1) + timedelta(days=DAYS - 2),
    }
    firing = {
        row["alert"]: (row["value"], row["is_firing"])
        for row in views.rows("metric_alerts")
        if row["alert"] in ("unusual_dau", "very_unusual_dau", "silent")
    }
    # one asks for more users only
    assert firing == {
        "unusual_dau": (2.0, True),
        "very_unusual_dau": (2.0, False),
        "silent": (0.0, False),
    }


def test_alerts_follow_the_seed_or_stop_until_they_are_built(
    make_database: MakeDatabase, engine: Engine, tmp_path: Path
) -> None:
    database = make_database(engine)
    project = copy_project(tmp_path / "project", SEEDS)
    run_loader("init", database=database, check=True)
    log = events(LOGS["growth from a few"])
    with PublicViews(database) as views:
        views.replace_events(log)

    def dbt(*command: str) -> None:
        run_dbt(*command, database=database, project=project)

    def write(*rows: str) -> None:
        header = "alert,metric,segment,rule,direction,bound,days,severity,description"
        (project / "seeds" / "alerts.csv").write_text("\n".join((header, *rows)) + "\n")

    def matches() -> None:
        definitions = Definitions.from_seeds(project / "seeds")
        with PublicViews(database) as views:
            assert_views_match(views, VIEWS, log, definitions, Settings())

    write()
    dbt(*BUILD_UNTESTED, *SELECTED)
    matches()
    write("few,dau,,threshold,below,10.5,,info,", "odd,wau,,anomaly,either,3.5,,info,")
    dbt("seed", "--select", "alerts")
    with (
        PublicViews(database) as views,
        pytest.raises((duckdb.Error, psycopg.Error), match=STOPPED),
    ):
        views.rows("metric_alerts")
    dbt("run", *SELECTED)
    matches()
    # another alert on what the views were built for
    write("few,wau,,threshold,below,3,,info,", "fewer,dau,,change,below,5,3,info,")
    dbt("seed", "--select", "alerts")
    matches()
