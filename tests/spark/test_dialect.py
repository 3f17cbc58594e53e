"""What macros make on Spark is what they make on DuckDB: properties, dates, and stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loader.strict_json import canonical
from tests.conftest import MakeDatabase
from tests.metrics.test_property_values import EXPRESSIONS, Answer, Case
from tests.spark.sessions import SparkDatabase, session
from tests.support.dialects import (
    TEXTS,
    Compile,
    assert_conditions_hold,
    assert_dates_begin_alike,
    changed_definition,
    compiler,
    text_in_sql,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """What SQL becomes on a database's engine."""
    return compiler(tmp_path_factory.mktemp("macros_alone"))


def test_conditions_hold_on_any_value_as_the_reference_says(
    warehouse: SparkDatabase, compiled: Compile
) -> None:
    expressions = compiled(EXPRESSIONS, warehouse)
    connection = session(warehouse)
    columns = "number int, properties string, property string, operator string, value string"

    def ask(asked: list[Case]) -> list[Answer]:
        rows = [
            (number, canonical(case.event().properties), case.property, case.operator, case.value)
            for number, case in enumerate(asked)
        ]
        connection.createDataFrame(rows, columns).createOrReplaceTempView("cases")
        query = f"select {expressions} from cases order by cases.number"
        return [(row[0], row[1]) for row in connection.sql(query).collect()]

    assert_conditions_hold(ask, examples=6)


def test_a_date_begins_at_the_same_instant_as_on_duckdb(
    warehouse: SparkDatabase, compiled: Compile, make_database: MakeDatabase
) -> None:
    duck = make_database("duckdb")
    assert_dates_begin_alike(compiled, (duck, duck.query), (warehouse, warehouse.query))


def test_a_definition_that_was_changed_stops_who_reads(
    warehouse: SparkDatabase, compiled: Compile
) -> None:
    unchanged = changed_definition(compiled, warehouse, is_changed=False)
    assert warehouse.query(unchanged) == [(False,)]
    with pytest.raises(Exception, match=r"seeds/funnels.csv: row 'a' has changed since"):
        warehouse.query(changed_definition(compiled, warehouse, is_changed=True))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_same_in_sql(warehouse: SparkDatabase, compiled: Compile, text: str) -> None:
    assert warehouse.query(text_in_sql(compiled, warehouse, text)) == [(text,)]


def test_instants_come_back_in_utc(warehouse: SparkDatabase) -> None:
    [(instant,)] = warehouse.query("select timestamp'2026-03-01 12:00:00Z'")
    assert instant == datetime(2026, 3, 1, 12, tzinfo=UTC)
