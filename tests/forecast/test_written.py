"""What `query alerts forecast` reads and writes: of which metrics, dates and organisations."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from query.alerts.forecasts import SETTLED
from tests.conftest import MakeDatabase
from tests.support.databases import Database, Engine
from tests.support.run import LoaderResult, run_loader, run_query

FIRST = date(2026, 1, 5)
DAYS = SETTLED + 4
#: What forecasts are made of, and the table that a build leaves for them.
TABLES = {
    "int_metric_values": "metric text, segment text, segment_value text, calendar_date date,"
    " numerator bigint, denominator bigint, is_complete boolean",
    "int_alerts": "metric text, segment text, rule text",
    "metric_forecasts": "metric text, segment text, segment_value text, calendar_date date,"
    " expected_log double precision, deviation_log double precision",
}
ALERTS = """
('dau', '', 'anomaly'), ('dau', '', 'missing'), ('wau', 'plan', 'anomaly'),
('stickiness', '', 'anomaly'), ('signups', '', 'threshold')
"""


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def values(
    metric: str, segment: str = "", segment_value: str = "", denominator: int = 1, days: int = DAYS
) -> list[tuple[str, str, str, date, int, int, bool]]:
    """99 on each date, of which the last one still runs."""
    return [
        (metric, segment, segment_value, day(number), 99, denominator, number < days - 1)
        for number in range(days)
    ]


def leave(database: Database, organisation: str = "", *, forecasts: bool = True) -> None:
    """Leave what a build leaves that forecasts are made of, in tables."""
    schema = f"analytics_{organisation}" if organisation else "analytics"
    for made in (schema, f"{schema}_intermediate"):
        database.execute(f"create schema if not exists {made}")
    database.execute(f"create table {schema}.metric_alerts (alert text)")
    for table, columns in TABLES.items():
        if forecasts or table != "metric_forecasts":
            database.execute(f"create table {schema}_intermediate.{table} ({columns})")
    database.execute(f"insert into {schema}_intermediate.int_alerts values {ALERTS}")
    rows = [
        *values("dau"),
        *values("wau", "plan", 'it\'s "free"'),
        *values("wau", "plan", "", days=SETTLED),
        *values("stickiness", denominator=198),
        *values("signups"),
    ]
    # a rate of nothing
    rows = [
        (*row[:4], 0, 0, row[6]) if row[0] == "stickiness" and row[3] == day(SETTLED) else row
        for row in rows
    ]
    for row in rows:
        quoted = ", ".join(
            "'" + one.replace("'", "''") + "'" if isinstance(one, str) else f"'{one}'"
            for one in row
        )
        database.execute(f"insert into {schema}_intermediate.int_metric_values values ({quoted})")


def dates(database: Database, schema: str = "analytics") -> dict[tuple[str, str], list[date]]:
    """The dates of all forecasts, by metric and segment value."""
    found: dict[tuple[str, str], list[date]] = {}
    for metric, segment_value, calendar_date in database.query(
        "select metric, segment_value, calendar_date"
        f" from {schema}_intermediate.metric_forecasts order by 1, 2, 3"
    ):
        found.setdefault((metric, segment_value), []).append(calendar_date)
    return found


def forecast(database: Database, *options: str, code: int = 0) -> LoaderResult:
    ran = run_query("alerts", "forecast", *options, database=database)
    assert ran.exit_code == code, ran.stdout + ran.stderr
    return ran


@pytest.fixture
def database(engine: Engine, make_database: MakeDatabase) -> Database:
    made = make_database(engine)
    run_loader("init", database=made, check=True)
    return made


JUDGED = [day(number) for number in range(SETTLED, DAYS - 1)]
EXPECTED = {
    ("dau", ""): JUDGED,
    ("stickiness", ""): JUDGED[1:],
    ("wau", 'it\'s "free"'): JUDGED,
}


def test_what_alerts_of_anomalies_watch_is_forecast_for_dates_that_are_over(
    database: Database,
) -> None:
    leave(database)
    # of a metric that nobody watches any more
    database.execute(
        "insert into analytics_intermediate.metric_forecasts"
        " values ('mau', '', '', '2026-01-01', 1, 1)"
    )
    ran = forecast(database)
    # one of them has too few dates
    assert ran.stdout == "Forecast: 4 series, 8 dates.\n"
    assert dates(database) == EXPECTED
    logs = database.query(
        "select distinct metric, expected_log from analytics_intermediate.metric_forecasts"
        " order by 1"
    )
    hundred = round(1e9 * math.log(100))
    half = round(1e9 * math.log(100 / 198))
    assert logs == [("dau", hundred), ("stickiness", half), ("wau", hundred)]


def test_organisations_are_forecast_one_by_one(database: Database) -> None:
    leave(database)
    leave(database, "acme")
    leave(database, "globex", forecasts=False)
    ran = forecast(database, "--org", "acme")
    assert ran.stdout == "Forecast of acme: 4 series, 8 dates.\n"
    assert dates(database, "analytics_acme") == EXPECTED
    assert dates(database) == {}
    # all of them, but where nobody asked for forecasts
    assert forecast(database).stdout.splitlines() == [
        "Forecast: 4 series, 8 dates.",
        "Forecast of acme: 4 series, 8 dates.",
    ]
    refused = forecast(database, "--org", "globex", code=1)
    assert "No views of globex were built for forecasts." in refused.stderr


def test_nothing_to_forecast_leaves_an_empty_table(database: Database) -> None:
    leave(database)
    database.execute("delete from analytics_intermediate.int_metric_values")
    assert forecast(database).stdout == "Forecast: 0 series, 0 dates.\n"
    assert dates(database) == {}
