"""What macros make on ClickHouse is what they make on DuckDB: properties, dates, texts, stops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loader.strict_json import canonical
from scripts.clickhouse import ClickHouseServer
from tests.clickhouse.databases import ClickHouseDatabase, clickhouse_database
from tests.conftest import MakeDatabase
from tests.metrics.test_property_values import EXPRESSIONS, Answer, Case
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


@dataclass(frozen=True)
class ClickHouse:
    """A server, as dbt sees it.

    Attributes:
        database: Where queries are asked.
    """

    database: ClickHouseDatabase
    engine: str = "clickhouse"
    name: str = ""

    @property
    def directory(self) -> Path:
        """Where profiles.yml is."""
        return self.database.directory

    def env(self) -> dict[str, str]:
        """The environment that leads to the server."""
        return self.database.env()

    def query(self, statement: str) -> list[Any]:
        """Run one statement."""
        return self.database.query(statement)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """What SQL becomes on a database's engine."""
    return compiler(tmp_path_factory.mktemp("macros_alone"))


@pytest.fixture(scope="module")
def clickhouse(
    clickhouse_server: ClickHouseServer, tmp_path_factory: pytest.TempPathFactory
) -> ClickHouse:
    """A server, and a folder for what dbt writes."""
    return ClickHouse(clickhouse_database(clickhouse_server, tmp_path_factory.mktemp("dialect")))


def test_conditions_hold_on_any_value_as_the_reference_says(
    clickhouse: ClickHouse, compiled: Compile
) -> None:
    expressions = compiled(EXPRESSIONS, clickhouse)
    client = clickhouse.database.listening.connect()
    client.command(
        "create or replace table default.cases (number Int64, properties String,"
        " property String, operator String, value String) engine = MergeTree order by number"
    )

    def ask(asked: list[Case]) -> list[Answer]:
        client.command("truncate table default.cases")
        client.insert(
            "default.cases",
            [
                (
                    number,
                    canonical(case.event().properties),
                    case.property,
                    case.operator,
                    case.value,
                )
                for number, case in enumerate(asked)
            ],
        )
        query = f"select {expressions} from default.cases as cases order by cases.number"
        return [(row[0], bool(row[1])) for row in client.query(query).result_rows]

    assert_conditions_hold(ask, examples=30)
    client.command("drop table default.cases")
    client.close()


def test_a_date_begins_at_the_same_instant_as_on_duckdb(
    clickhouse: ClickHouse, compiled: Compile, make_database: MakeDatabase
) -> None:
    duck = make_database("duckdb")
    assert_dates_begin_alike(compiled, (duck, duck.query), (clickhouse, clickhouse.query))


def test_ids_come_in_the_order_of_their_numbers(clickhouse: ClickHouse, compiled: Compile) -> None:
    order = compiled("{{ event_analytics.by_id('id') }}", clickhouse)
    ids = [f"{first:08d}-0000-4000-8000-{9 - first:012d}" for first in range(10)]
    values = ", ".join(f"toUUID('{one}')" for one in ids)
    rows = clickhouse.query(
        f"select toString(id) from (select arrayJoin([{values}]) as id) order by {order}"
    )
    assert [one for (one,) in rows] == ids


def test_a_definition_that_was_changed_stops_who_reads(
    clickhouse: ClickHouse, compiled: Compile
) -> None:
    unchanged = changed_definition(compiled, clickhouse, is_changed=False)
    assert clickhouse.query(unchanged) == [(False,)]
    with pytest.raises(Exception, match=r"seeds/funnels.csv: row \\'a\\' has changed since"):
        clickhouse.query(changed_definition(compiled, clickhouse, is_changed=True))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_same_in_sql(clickhouse: ClickHouse, compiled: Compile, text: str) -> None:
    assert clickhouse.query(text_in_sql(compiled, clickhouse, text)) == [(text,)]
