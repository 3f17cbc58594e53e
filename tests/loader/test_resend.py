"""Rejected rows, written out, mended and sent again: rows of tables as well as JSON lines."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.loader.raw_tables import RawTables
from tests.support.run import run_loader

ID = "550e8400-e29b-41d4-a716-44665544000{}"
HEADER = "event_id,event_name,event_time,user_id,properties"


def rejected_rows(raw: RawTables, *options: str | Path) -> list[dict[str, Any]]:
    """The rejected rows as they are written out, in `mend.jsonl`."""
    path = raw.directory / "mend.jsonl"
    run_loader(
        *("rejects", "--output", path, "--raw-schema", raw.schema, *options),
        database=raw.database,
        check=True,
    )
    return [json.loads(line) for line in path.read_text().splitlines()]


def mend(raw: RawTables, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    mended = [json.dumps(change(row), ensure_ascii=False) for row in rejected_rows(raw)]
    raw.write("mend.jsonl", "\n".join(mended))


def with_offset(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "event_time": row["event_time"].replace(" ", "T") + "Z"}


def write_csv(raw: RawTables) -> str:
    raw.write(
        "t.csv",
        f"{HEADER}\n"
        f'{ID.format(1)},signup,2024-03-01 08:30:00,u1,"{{""plan"":""pro"",""é"":[1.50]}}"\n'
        f"{ID.format(2)},login,2024-03-01 08:31:00,u1,\n",
    )
    return "t.csv"


def write_parquet(raw: RawTables) -> str:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    uuid '{ID.format(1)}' as event_id, 'signup' as event_name,
                    '2024-03-01 08:30:00' as event_time, 'u1' as user_id,
                    '{{"plan":"pro","é":[1.50]}}' as properties
                union all
                select uuid '{ID.format(2)}', 'login', '2024-03-01 08:31:00', 'u1', null
            ) to '{raw.directory}/t.parquet' (format parquet)
            """
        )
    return "t.parquet"


@pytest.mark.parametrize("write", [write_csv, write_parquet], ids=["CSV", "Parquet"])
def test_rows_of_tables_with_json_in_properties(
    raw: RawTables, write: Callable[[RawTables], str]
) -> None:
    raw.append(write(raw), exit_code=1)
    mend(raw, with_offset)

    report = raw.append("mend.jsonl", "--json").json()

    assert (report["read"], report["appended"]) == (2, 2)
    assert [(row.event_id, row.event_time, row.properties) for row in raw.events()] == [
        (ID.format(1), "2024-03-01T08:30:00+00:00", {"plan": "pro", "é": ["1.5"]}),
        (ID.format(2), "2024-03-01T08:31:00+00:00", {}),
    ]


def test_the_whole_table_mended_brings_nothing_twice(raw: RawTables) -> None:
    raw.append(write_csv(raw), exit_code=1)
    mend(raw, with_offset)
    raw.append("mend.jsonl")
    path = raw.directory / "t.csv"
    path.write_text(path.read_text().replace(":00,u1", ":00Z,u1"))
    assert raw.append("t.csv", "--json").json()["duplicate"] == 2


def test_what_properties_hold_must_still_be_an_object(raw: RawTables) -> None:
    raw.write("t.csv", f"{HEADER}\n,seen,2024-03-01T08:30:00Z,u1,not json\n")
    raw.append("t.csv", exit_code=1)
    mend(raw, lambda row: {**row, "properties": '{"n":1}'})
    raw.append("mend.jsonl")
    assert [row.properties for row in raw.events()] == [{"n": "1"}]


def test_mapped_columns_are_mapped_again(raw: RawTables) -> None:
    raw.write(
        "t.csv", "kind,at,who,plan\nbought,2024-03-01 08:30:00,u1,pro\nbought,2024-03-01,u2,free\n"
    )
    maps = ["event_name=kind", "event_time=at", "user_id=who", "properties=*"]
    options = [part for pair in maps for part in ("--map", pair)]
    raw.append("t.csv", "--format", "csv", *options, exit_code=1)
    mend(raw, lambda row: {**row, "at": f"{row['at'][:10]}T08:30:00Z"})

    raw.append("mend.jsonl", *options)

    assert [(row.user_id, row.properties) for row in raw.events()] == [
        ("u1", {"plan": "pro"}),
        ("u2", {"plan": "free"}),
    ]


@pytest.mark.parametrize("zone", [[], ["--time-zone", "UTC"]], ids=["names", "translated"])
def test_empty_columns_do_not_turn_into_properties(raw: RawTables, zone: list[str]) -> None:
    """The whole table, mended, then brings nothing twice."""
    raw.write("t.csv", "event,time,user_id,plan,note,price\nx,2024-03-01T08:30:00Z,,pro,,1.50\n")
    options = ["--map", "properties=*", *zone]
    raw.append("t.csv", *options, exit_code=1)
    mend(raw, lambda row: {**row, "user_id": "u1"})

    raw.append("mend.jsonl", *options)

    assert [row.properties for row in raw.events()] == [{"plan": "pro", "price": "1.50"}]
    path = raw.directory / "t.csv"
    path.write_text(path.read_text().replace("Z,,", "Z,u1,"))
    assert raw.append("t.csv", *options, "--json").json()["duplicate"] == 1


def test_conflicting_events_given_ids_of_their_own(raw: RawTables) -> None:
    raw.write(
        "t.csv",
        f"{HEADER}\n"
        f'{ID.format(1)},seen,2024-03-01T08:30:00Z,u1,"{{""n"":1}}"\n'
        f'{ID.format(1)},seen,2024-03-01T08:30:00Z,u1,"{{""n"":2}}"\n',
    )
    raw.append("t.csv")
    mend(raw, lambda row: {**row, "event_id": ID.format(2)})
    raw.append("mend.jsonl")
    assert [row.properties["n"] for row in raw.events()] == ["1", "2"]


def test_what_to_do_with_the_file_is_said(raw: RawTables) -> None:
    raw.append(write_csv(raw), exit_code=1)
    path = raw.directory / "to mend.jsonl"
    result = run_loader(
        *("rejects", "-o", path, "--raw-schema", raw.schema), database=raw.database, check=True
    )
    wrote, advice = result.stderr.splitlines()
    assert wrote == f"Wrote 2 rows to {path}"
    assert f"loader append {shlex.quote(str(path))}, with the same options for" in advice
