"""Parquet, Arrow, ORC, Avro and spreadsheets are read as they are, whatever files are called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loader.readers import expand, extras
from tests.loader.raw_tables import RawTables
from tests.loader.reading import Read, read

COLUMNS = "'seen' as event_name, timestamptz '2025-03-01 12:00:00+00' as event_time"


def write_parquet(path: Path, select: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table given as {select}")
        plain = path.parent / "plain"
        connection.execute(f"copy given to '{plain}' (format parquet)")
        plain.rename(path)
    return path


ODD_NAMES = [
    *("events[1].parquet", "events*.parquet", "events?.parquet", "{a,b}.parquet", "a'b\"c.parquet"),
    *("day[1]/a.parquet", "**/a.parquet", "s3:/bucket/a.parquet", "https:/host/a.parquet"),
    *("date=2024-03-01/a.parquet", "%41 b#c.parquet", "ü\n.parquet", "-x.parquet", "~.parquet"),
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_parquet_file_is_read_by_its_own_name(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for other in ("events1.parquet", "a.parquet", "day1/a.parquet", "x/a.parquet", "A b.parquet"):
        write_parquet(tmp_path / other, f"select {COLUMNS}, 'other' as user_id")
    write_parquet(tmp_path / name, f"select {COLUMNS}, 'right' as user_id")
    for given in (name, name.replace(":/", "://"), str(tmp_path / name)):
        assert read(given).users == ["right"], given
    assert read(tmp_path).users.count("right") == 1


def test_a_glob_of_odd_names_reads_each_file_once(tmp_path: Path) -> None:
    for name in ("events1", "events[1]", "events*"):
        write_parquet(tmp_path / f"{name}.parquet", f"select {COLUMNS}, '{name}' as user_id")
    assert sorted(read(tmp_path / "*.parquet").users) == ["events*", "events1", "events[1]"]


def bytes_of(path: Path, **options: Any) -> Read:
    write_parquet(
        path,
        f"""
        select {COLUMNS}, encode(u) as user_id, [encode(u)] as l, {{'a': {{'b': encode(u)}}}} as s,
            map {{'k': encode(u)}} as m, encode('{{"n":"ö"}}') as properties
        from (values ('müller'), ('o''neil'), (null)) as t(u)
        """,
    )
    return read(path, **options)


def test_bytes_are_utf_8_at_any_depth(tmp_path: Path) -> None:
    found = bytes_of(tmp_path / "x.parquet", maps={"properties": "*"})
    assert (found.errors, found.rejected) == ([], [])
    for row, user in zip(found.rows, ["müller", "o'neil", None], strict=True):
        assert row["user_id"] == user
        assert (row["l"], row["s"], row["m"]) == ([user], {"a": {"b": user}}, {"k": user})
        assert row["properties"] == '{"n":"ö"}'


def test_a_row_whose_bytes_are_not_utf_8_is_rejected(tmp_path: Path) -> None:
    for column in ("b", "[b]", "{'x': b}", "map {'k': b}"):
        path = write_parquet(
            tmp_path / "x.parquet",
            f"select {COLUMNS}, u as user_id, {column} as more from (values ('a', 'x'::blob),"
            " ('b', '\\xFF'::blob), ('c', null)) as t(u, b)",
        )
        found = read(path, maps={"properties": "*"})
        assert found.users == ["a", "c"], column
        assert found.reasons == [(2, "invalid_utf8")]
        assert "xFF" in found.rejected[0].text
        assert read(path).users == ["a", "b", "c"]  # where nothing reads the bytes


def test_columns_that_differ_by_case_alone_keep_their_names(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = ["event_name", "USER_ID", "user_id", "event_time", "Note", "note", "s"]
    values = ["a", "x", "y", "2024-03-01T08:30:00Z", 1, 2, {"a": [{"b": 1}]}]
    table = pyarrow.table({name: [value] for name, value in zip(columns, values, strict=True)})
    parquet.write_table(table, tmp_path / "x.parquet")
    every = read(tmp_path / "x.parquet", maps={"properties": "*"})
    assert every.rows == [dict(zip(columns, values, strict=True))]
    assert every.columns == columns
    assert read(tmp_path / "x.parquet").users == ["y"]
    upper = read(tmp_path / "x.parquet", maps={"user_id": "USER_ID"})
    assert upper.rows[0]["USER_ID"] == "x"
    missing = read(tmp_path / "x.parquet", maps={"user_id": "user_id_1"})
    assert "Its columns are event_name, USER_ID, user_id, event_time" in missing.errors[0]


def test_a_pipe_of_parquet_does_not_hang(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "ok", f"select {COLUMNS}, 'u' as user_id")
    pipe = tmp_path / "pipe.parquet"
    os.mkfifo(pipe)
    script = f"open({str(pipe)!r}, 'wb').write(open({str(path)!r}, 'rb').read())"
    with subprocess.Popen([sys.executable, "-c", script]):
        assert read(pipe).users == ["u"]


def test_folders_give_columns_if_they_are_asked(tmp_path: Path) -> None:
    select = "select 'seen' as event_name, 'u' as user_id"
    folder = tmp_path / "event_time=2025-03-01T12%3A00%3A00Z" / "plan=pro"
    write_parquet(folder / "a.parquet", select)
    (folder / "b.csv").write_text("event_name,user_id,plan\nseen,v,own\n")
    (folder / "c.jsonl").write_text('{"event_name":"seen","user_id":"w"}\n{}\n[1]\nx\n')
    assert "no column for event_time" in read(folder / "a.parquet").errors[0]
    found = read(tmp_path, hive_partitions=True, maps={"properties": "*"})
    assert found.errors == []
    time = "2025-03-01T12:00:00Z"
    rows = [json.loads(text) for text in found.texts[:4]]
    assert [row["event_time"] for row in rows] == [time] * 4
    assert [row["plan"] for row in rows] == ["pro", "own", "pro", "pro"]
    assert found.texts[4:] == ["[1]", "x"]


def arrow_table() -> Any:
    pyarrow = pytest.importorskip("pyarrow")
    times = pyarrow.array(
        [datetime(2025, 3, 1, 12, tzinfo=UTC)] * 2, pyarrow.timestamp("us", "UTC")
    )
    return pyarrow.table(
        {
            "event_name": ["seen", "seen"],
            "event_time": times,
            "user_id": pyarrow.array(["mü".encode(), b"\xff"], pyarrow.binary()),
            "n": [2**60, None],
            "s": [{"a": ["ö"]}, None],
        }
    )


def write_feather(path: Path) -> None:
    pytest.importorskip("pyarrow.feather").write_feather(arrow_table(), str(path))


def write_stream(path: Path) -> None:
    table = arrow_table()
    with pytest.importorskip("pyarrow.ipc").new_stream(str(path), table.schema) as writer:
        writer.write_table(table)


def write_orc(path: Path) -> None:
    pytest.importorskip("pyarrow.orc").write_table(arrow_table(), str(path))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("x.feather", write_feather),
        ("x.arrow", write_feather),
        ("x.arrows", write_stream),
        ("x.orc", write_orc),
        ("x[1]*.orc", write_orc),
    ],
)
def test_arrow_and_orc(tmp_path: Path, name: str, write: Callable[[Path], None]) -> None:
    path = tmp_path / name
    write(path)
    found = read(path, maps={"properties": "*"})
    assert found.errors == []
    assert found.rows == [
        {
            "event_name": "seen",
            "event_time": "2025-03-01 12:00:00+00",
            "user_id": "mü",
            "n": 2**60,
            "s": {"a": ["ö"]},
        }
    ]
    assert found.reasons == [(2, "invalid_utf8")]
    assert "no column for user_id" in read(path, maps={"user_id": "who"}).errors[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert f"Cannot read {path} as" in read(path).errors[0]
    path.write_bytes(b"")
    assert str(path) in read(path).errors[0]


SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "event",
    "fields": [
        {"name": "event_name", "type": {"type": "enum", "name": "e", "symbols": ["seen"]}},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "user_id", "type": ["null", "string", "long"]},
        {"name": "properties", "type": {"type": "map", "values": ["null", "double", "bytes"]}},
        {
            "name": "d",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
    ],
}


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_avro(tmp_path: Path, codec: str) -> None:
    fastavro = pytest.importorskip("fastavro")
    time = datetime(2025, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
    record = {"event_name": "seen", "event_time": time, "d": Decimal("1.10")}
    records = [
        {**record, "user_id": "u", "properties": {"a": 1.5, "b": "ö".encode(), "c": None}},
        {**record, "user_id": 2**60, "properties": {}},
        {**record, "user_id": "x", "properties": {"b": b"\xff"}},
    ]
    path = tmp_path / "x.avro"
    with path.open("wb") as file:
        fastavro.writer(file, SCHEMA, records, codec=codec)
    found = read(path)
    assert found.errors == []
    assert found.rows == [
        {
            "event_name": "seen",
            "event_time": "2025-03-01T12:00:00.000005+00:00",
            "user_id": user,
            "properties": properties,
            "d": 1.1,
        }
        for user, properties in [("u", {"a": 1.5, "b": "ö", "c": None}), (2**60, {})]
    ]
    assert found.reasons == [(3, "invalid_utf8")]
    path.write_bytes(path.read_bytes()[:-30])
    assert f"Cannot read {path} as Avro" in read(path).errors[0]


def spreadsheet(path: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    rows = [
        ["event_name", "event_time", "user_id", "note", None],
        ["seen", "2025-03-01T12:00:00Z", 12345, "x", None],
        [],
        ["seen", datetime(2025, 3, 1, 12), "\\N", 1.5, True],  # noqa: DTZ001 (they have none)
    ]
    for row in rows:
        book.active.append(row)
    book.create_sheet("other").append(["event_name", "event_time", "user_id"])
    book.save(path)
    return path


def test_spreadsheets(tmp_path: Path) -> None:
    found = read(spreadsheet(tmp_path / "x.xlsx"))
    assert [list(row.values()) for row in found.rows] == [
        ["seen", "2025-03-01T12:00:00Z", 12345, "x", None],
        ["seen", "2025-03-01T12:00:00", None, 1.5, True],
    ]
    assert "only the sheet Sheet of" in found.notes[0]
    assert read(tmp_path / "x.xlsx", sheet="other").texts == []
    assert "Its sheets are Sheet, other" in read(tmp_path / "x.xlsx", sheet="no").errors[0]
    (tmp_path / "y.xlsx").write_bytes(b"no spreadsheet")
    assert "Cannot read" in read(tmp_path / "y.xlsx").errors[0]


@pytest.mark.parametrize("name", ["x.avro", "x.orc", "x.feather", "x.xlsx"])
def test_a_missing_library_is_named_with_what_installs_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(extras, "import_module", absent)
    (tmp_path / name).write_bytes(b"x")
    [error] = read(tmp_path / name).errors
    assert "pip install 'dbt-event-analytics[files]'" in error


def test_files_without_an_ending_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    write_feather(tmp_path / "a")
    write_parquet(tmp_path / "b", f"select {COLUMNS}, 'u' as user_id")
    (tmp_path / "c").write_text(' {"user_id":"c"}\n')
    (tmp_path / "d").write_text('[{"user_id":"d"}]')
    formats = [source.format for name in "abcd" for source in expand([str(tmp_path / name)])]
    assert formats == ["arrow", "parquet", "jsonl", "jsonl"]


def test_a_folder_is_all_files_in_it_that_can_be_read(raw: RawTables) -> None:
    select = f"select {COLUMNS}"
    write_parquet(raw.directory / "in" / "b[1]" / "x.parquet", f"{select}, 'p' as user_id")
    row = '{"event_name":"seen","event_time":"2025-03-01T12:00:00Z","user_id":"%s"}\n'
    for name in (
        "a.jsonl",
        "b[1]/y.json",
        ".z.jsonl",
        "_delta_log/0.json",
        "notes.txt",
        "_SUCCESS",
    ):
        path = raw.directory / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(row % name[0])
    ran = raw.append("in")
    assert raw.users() == ["a", "b", "p"]
    assert "Note: left out of in: _delta_log/, .z.jsonl, _SUCCESS, notes.txt." in ran.stderr
