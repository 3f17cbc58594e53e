"""What keeps the loader from ClickHouse is one sentence."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.clickhouse import embedded_server
from tests.clickhouse.databases import ClickHouseDatabase, clickhouse_database
from tests.loader.raw_tables import RawTables, event
from tests.support.run import run_collector, run_loader


def test_a_table_with_other_columns_is_refused(raw: RawTables) -> None:
    schema = f"{raw.schema}_other"
    raw.database.query(f"create database {schema}")
    raw.database.query(f"create table {schema}.deliveries (a Int64) engine = MergeTree order by a")
    result = run_loader("init", "--raw-schema", schema, database=raw.database)
    assert result.exit_code == 1
    assert f"already has a table {schema}.deliveries with other columns" in result.stderr
    raw.database.query(f"drop database {schema}")


def test_without_tables_the_message_says_init(
    clickhouse_database_of_session: ClickHouseDatabase, tmp_path: Path
) -> None:
    raw = RawTables(clickhouse_database_of_session, "nowhere", tmp_path)
    raw.write("a.jsonl", event())
    for command in (["append", str(tmp_path / "a.jsonl")], ["deliveries"], ["rejects"]):
        result = run_loader(
            *command, "--raw-schema", "nowhere", database=clickhouse_database_of_session
        )
        assert result.exit_code == 1
        assert "Create what is missing with: loader init --target clickhouse" in result.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CLICKHOUSE_PORT": "1"}, "at 127.0.0.1:1 does not answer. Start it, or correct host"),
        ({"CLICKHOUSE_HOST": "nowhere.invalid"}, "cannot be found: its host name is unknown"),
        ({"CLICKHOUSE_PORT": "9000"}, "names the native protocol, and the loader speaks HTTP"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence(
    settings: dict[str, str],
    sentence: str,
    clickhouse_database_of_session: ClickHouseDatabase,
) -> None:
    result = run_loader("deliveries", database=clickhouse_database_of_session, env=settings)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_wrong_password_is_one_sentence(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "data", password="right") as server:  # noqa: S106
        database = clickhouse_database(replace(server, password="wrong"), tmp_path)  # noqa: S106
        refused = run_loader("init", database=database)
        assert refused.exit_code == 1
        assert "refused the password of user 'default'. Check user and password" in refused.stderr
        assert "wrong" not in refused.stderr
        run_loader("init", database=clickhouse_database(server, tmp_path), check=True)


def test_times_that_clickhouse_cannot_say_are_refused(raw: RawTables) -> None:
    raw.write("a.jsonl", event())
    for also in ([], ["--dry-run"]):
        refused = raw.append("a.jsonl", "--earliest", "1899-12-31", *also, exit_code=1)
        assert "has no times before 1900" in refused.stderr


def test_without_its_driver_the_message_says_what_to_install(
    clickhouse_database_of_session: ClickHouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    result = run_loader("deliveries", database=clickhouse_database_of_session)
    assert result.exit_code == 1
    assert "pip install 'dbt-event-analytics[clickhouse]'" in result.stderr


def test_what_only_other_engines_have_is_refused_in_one_sentence(
    clickhouse_database_of_session: ClickHouseDatabase,
) -> None:
    served = run_collector("serve", "--open", database=clickhouse_database_of_session)
    assert served.exit_code == 2
    assert "The collector writes to DuckDB and PostgreSQL, and target 'clickhouse'" in served.stderr
    for command, code in (
        (["rewrite"], 2),
        (["restore", "."], 1),
        (["init", "--roles"], 2),
    ):
        result = run_loader(*command, database=clickhouse_database_of_session)
        assert result.exit_code == code
        assert "Traceback" not in result.stderr
        assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
