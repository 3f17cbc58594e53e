"""What is ClickHouse's own in appending: tables, ids, and what is the same as on DuckDB."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loader.schema import RAW_COLUMNS
from loader.stores import clickhouse_ids, clickhouse_send
from tests.clickhouse.deliveries import ID, counts, lines, number, stored
from tests.loader.raw_tables import RawTables, event
from tests.support.run import run_loader


def mixed(raw: RawTables) -> list[Path]:
    """Files with everything: new, repeated, conflicting, mended, odd and rejected rows."""
    odd = [
        event("ü ' \\ \t\"", event_id=ID.format(900), properties={"é": ["1.0", None, {"a": 1e9}]}),
        event("old", event_id=ID.format(901), event_time="1970-01-01T00:00:00Z"),
        event("u", event_id=ID.format(902), event_time="2024-02-29T23:59:59.999999+02:00"),
        event("no id", n=1),
    ]
    return [
        raw.write("a.jsonl", lines(1, 400) + lines(100, 200) + "no json\n" + "\n".join(odd)),
        raw.write("b.jsonl", lines(300, 600, event_name="other") + event(user_id=None)),
        raw.write("c.jsonl", lines(601, 700) + lines(650, 660, event_name="other")),
        raw.write("d.jsonl", "no json\n"),
    ]


def test_the_same_files_make_the_tables_that_duckdb_has(raw: RawTables, beside: RawTables) -> None:
    files = [path.name for path in mixed(raw)]

    for _ in range(2):
        report = raw.append(*files, "--json", exit_code=1).json()
        expected = beside.append(*files, "--json", exit_code=1).json()

        assert counts(report) == counts(expected)
        assert [counts(file) for file in report["files"]] == [
            counts(file) for file in expected["files"]
        ]
        assert stored(raw) == stored(beside)


def test_parts_of_a_large_file_make_the_same_tables(
    raw: RawTables, beside: RawTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse_ids, "_IDS_AT_ONCE", 37)
    monkeypatch.setattr(clickhouse_ids, "_SORTED_FROM", 300)
    monkeypatch.setattr(clickhouse_ids, "_EVENTS_AT_ONCE", 11)
    monkeypatch.setattr(clickhouse_send, "_ROWS_AT_ONCE", 41)
    files = [path.name for path in mixed(raw)]

    raw.append(*files, exit_code=1)
    beside.append(*files, exit_code=1)

    assert stored(raw) == stored(beside)
    assert number(raw, "{}.event_ids") == number(raw, "{}.events")


def test_columns_and_comments_are_those_of_other_engines(raw: RawTables) -> None:
    for table, columns in RAW_COLUMNS.items():
        assert [name for name, _ in raw.database.columns(f"{raw.schema}.{table}")] == list(columns)
    uncommented = raw.database.query(
        f"select table, name from system.columns where database = '{raw.schema}' and comment = '' "
        "and table in ('event_rows', 'rejected_rows', 'deliveries', 'removals', 'removed_users', "
        "'removed_events', 'erased_events')"
    )
    assert uncommented == []


def test_looking_for_ids_reads_few_of_those_that_are_there(raw: RawTables) -> None:
    raw.database.query(
        f"insert into {raw.schema}.event_ids "
        "select generateUUIDv4(), 1, '2025-01-01', '2025-01-02' from numbers(200000)"
    )
    raw.database.query(f"optimize table {raw.schema}.event_ids final")
    plan = raw.database.query(
        f"explain indexes = 1 select event_id from {raw.schema}.event_ids "
        "where event_id in (select generateUUIDv4() from numbers(10))"
    )
    [read] = [row.split()[1] for (row,) in plan if "Granules:" in row][-1:]
    granules, every = map(int, read.split("/"))
    assert every > 700
    assert granules <= 20


def test_erased_events_are_no_longer_in_any_part(raw: RawTables) -> None:
    raw.append(raw.write("a.jsonl", lines(1, 50)))
    run_loader("erase", "--raw-schema", raw.schema, "--user", "u00007", database=raw.database)
    parts = raw.database.query(
        f"select sum(rows) from system.parts where active and database = '{raw.schema}' "
        "and table = 'event_rows'"
    )
    assert parts == [(49,)]


def test_organisations_have_databases_of_their_own(raw: RawTables) -> None:
    options = ("--raw-schema", raw.schema, "--org", "acme")
    run_loader("init", *options, database=raw.database, check=True)
    replace(raw, schema=f"{raw.schema}_acme").append(raw.write("a.jsonl", lines(1, 3)))
    assert number(raw, "{}.events") == 0
    assert number(raw, "{}_acme.events") == 3
    again = run_loader("init", "--raw-schema", raw.schema, database=raw.database, check=True)
    assert "Nothing to do" in again.stderr
    raw.database.query(f"drop database {raw.schema}_acme")
