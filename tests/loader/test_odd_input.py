"""Odd input: each engine gets the same rows and rejects the same rows, for the same reason."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import zstandard

from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, StoredEvent, event, new_raw_tables
from tests.support.databases import ENGINES, REPOSITORY
from tests.support.run import process_environment

ID = "6f1ed002-ab5b-4e8c-9d2f-0123456789ab"
BOM = b"\xef\xbb\xbf"
MIB = 1 << 20


def raw_properties(user: str, text: str) -> str:
    """A row whose properties are exactly this text."""
    return event(user, properties="HERE").replace('"HERE"', text)


@dataclass(frozen=True)
class Case:
    """A file, the users whose events it leaves behind, and the rejected rows by line."""

    content: bytes
    users: list[str] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    ending: str = "jsonl"
    options: tuple[str, ...] = ()


def lines(*rows: str | bytes, end: bytes = b"\n") -> bytes:
    """The rows as a file."""
    return end.join(row.encode() if isinstance(row, str) else row for row in rows) + end


def between(odd: str | bytes, reason: str | None = None) -> Case:
    """An odd row between two good ones; without a reason it is accepted, as user m."""
    content = lines(event("a"), odd, event("z"))
    if reason is None:
        return Case(content, ["a", "m", "z"])
    return Case(content, ["a", "z"], [(2, reason)])


CSV_HEADER = "event_name,event_time,user_id,properties"
CSV_ROW = "seen,2025-03-01T12:00:00Z,{},"

CASES = {
    # The table of what engines do with odd input, row by row.
    "escaped NUL in properties": between(raw_properties("m", r'{"a":"\u0000"}'), "null_character"),
    "escaped NUL in a key": between(raw_properties("m", r'{"\u0000":1}'), "null_character"),
    "escaped NUL in the user": between(event("m\x00"), "null_character"),
    "lone surrogate": between(raw_properties("m", r'{"a":"\ud83d"}'), "lone_surrogate"),
    "surrogates in the wrong order": between(
        raw_properties("m", r'{"a":"\ude00\ud83d"}'), "lone_surrogate"
    ),
    "surrogate pair": between(raw_properties("m", r'{"a":"\ud83d\ude00"}')),
    "NaN": between(raw_properties("m", '{"a":NaN}')),
    "Infinity": between(raw_properties("m", '{"a":[-Infinity]}')),
    "duplicate key": between(raw_properties("m", '{"a":1,"a":2}'), "duplicate_key"),
    "duplicate key, once escaped": between(
        raw_properties("m", r'{"a":1,"\u0061":1}'), "duplicate_key"
    ),
    "duplicate key far inside": between(
        raw_properties("m", '{"a":[{"b":1,"b":1}]}'), "duplicate_key"
    ),
    "duplicate field": between(event("m")[:-1] + ',"user_id":"n"}', "duplicate_key"),
    "infinity as time": between(event("m", event_time="infinity"), "invalid_event_time"),
    "-infinity as time": between(event("m", event_time="-infinity"), "invalid_event_time"),
    "year 0000": between(event("m", event_time="0000-01-01T00:00:00Z"), "invalid_event_time"),
    "now as time": between(event("m", event_time="now"), "invalid_event_time"),
    "tomorrow as time": between(event("m", event_time="tomorrow"), "invalid_event_time"),
    "24:00": between(event("m", event_time="2025-03-01T24:00:00Z"), "invalid_event_time"),
    "leap second": between(event("m", event_time="2016-12-31T23:59:60Z"), "invalid_event_time"),
    "month first": between(event("m", event_time="01/02/2024"), "invalid_event_time"),
    "no offset": between(event("m", event_time="2025-03-01T12:00:00"), "event_time_without_offset"),
    "a number of 131 KB": between(raw_properties("m", '{"a":1e131071}'), "number_out_of_range"),
    "a name of 20 kB": between(event("m", event_name="x" * 20_000), "event_name_too_long"),
    "a user of 20 kB": between(event("x" * 20_000), "user_id_too_long"),
    # Numbers.
    "beyond 64 bits": between(raw_properties("m", '{"a":18446744073709551616}')),
    "beyond 64 bits, 300 digits": between(raw_properties("m", '{"a":' + "9" * 300 + "}")),
    "beyond a double": between(
        raw_properties("m", '{"a":' + "9" * 400 + "}"), "number_out_of_range"
    ),
    "exponents and minus zero": between(raw_properties("m", '{"a":1e2,"b":-0.0,"c":1E-7,"d":-0}')),
    # Times.
    "in the future": between(event("m", event_time="2999-01-01T00:00:00Z"), "event_time_in_future"),
    "before 2000": between(event("m", event_time="1999-12-31T23:59:59Z"), "event_time_too_early"),
    "seconds since 1970": between(event("m", event_time=1740830400), "invalid_event_time"),
    "nanoseconds": between(event("m", event_time="2025-03-01T12:00:00.123456789Z")),
    "29 February, no leap year": between(
        event("m", event_time="2025-02-29T12:00:00Z"), "invalid_event_time"
    ),
    # Ids.
    "id in capitals": between(event("m", event_id=ID.upper())),
    "id in braces": between(event("m", event_id=f"{{{ID}}}")),
    "id without hyphens": between(event("m", event_id=ID.replace("-", ""))),
    "id as URN": between(event("m", event_id=f"urn:uuid:{ID}")),
    "empty id": between(event("m", event_id="")),
    "blank id": between(event("m", event_id=" "), "invalid_event_id"),
    "id that is no UUID": between(event("m", event_id="42")),
    "number as id": between(event("m", event_id=42)),
    # Names, users, properties.
    "quotes and semicolons": between(event("m", event_name="'; drop table raw.events; --\"\\")),
    "tab and newline in a name": between(event("m", event_name="a\tb\nc\rd\\N")),
    "end of COPY as a name": between(event("m", event_name="\\.")),
    "blank name": between(event("m", event_name=" \u3000"), "missing_event_name"),
    "number as name": between(event("m", event_name=1), "invalid_event_name"),
    "user of another type": between(event("m", user_id=True), "invalid_user_id"),
    "no user": between(event("m", user_id=None), "missing_user_id"),
    "255 characters of four bytes": between(event("m", event_name="😀" * 255)),
    "properties as array": between(event("m", properties=[]), "properties_not_an_object"),
    "properties as text": between(event("m", properties="{}")),
    "no properties": between(event("m", properties=...)),
    "null properties": between(event("m", properties=None)),
    # Whole rows.
    "no JSON": between("user m", "not_json"),
    "cut-off JSON": between(event("m")[:-1], "not_json"),
    "two objects on a line": between(event("m") + event("n"), "not_json"),
    "comma at the end": between(event("m") + ",", "not_json"),
    "array": between("[1]", "not_an_object"),
    "text": between('"a"', "not_an_object"),
    "nested 1,000 deep": between(
        raw_properties("m", '{"a":' * 1000 + "1" + "}" * 1000), "too_deep"
    ),
    "nested 100,000 deep, open": between("[" * 100_000, "too_deep"),
    "nested 64 deep": between(raw_properties("m", '{"a":' * 63 + "1" + "}" * 63)),
    "invalid UTF-8": between(b'{"user_id":"m\xff"}', "invalid_utf8"),
    "surrogate in UTF-8": between(b'{"user_id":"\xed\xa0\x80"}', "invalid_utf8"),
    "raw NUL": between(b'{"user_id":"m\x00"}', "not_json"),
    "only NUL": between(b"\x00", "not_json"),
    "line of 1 MiB": between(raw_properties("m", '{"a":"' + "x" * (MIB - 200) + '"}')),
    "line of 10 MB": between(raw_properties("m", '{"a":"' + "x" * 10_000_000 + '"}'), "too_large"),
    "line of 10 MB, invalid UTF-8": between(b"\xff" * 10_000_000, "too_large"),
    # Whole files.
    "empty file": Case(b""),
    "only a BOM": Case(BOM),
    "only blank lines": Case(b"\n\r\n \t\n\n"),
    "no newline at the end": Case(event("a").encode(), ["a"]),
    "BOM": Case(BOM + lines(event("a"), event("b")), ["a", "b"]),
    "CRLF": Case(
        lines(event("a"), "", "x", event("b"), end=b"\r\n"), ["a", "b"], [(3, "not_json")]
    ),
    "blank lines count as lines only": Case(
        lines("", "  ", event("a"), "", "{}"), ["a"], [(5, "missing_event_name")]
    ),
    "a 10 MB line at the end": Case(
        lines(event("a")) + b"x" * 10_000_000, ["a"], [(2, "too_large")]
    ),
    "an array on the first line": Case(lines("[1]", event("a")), ["a"], [(1, "not_an_object")]),
    # CSV.
    "CSV, empty": Case(b"", ending="csv"),
    "CSV, only a header": Case(lines(CSV_HEADER), ending="csv"),
    "CSV, BOM and CRLF": Case(
        BOM + lines(CSV_HEADER, CSV_ROW.format("a"), "", CSV_ROW.format("b"), end=b"\r\n"),
        ["a", "b"],
        ending="csv",
    ),
    "CSV, quotes, commas and line breaks": Case(
        lines(
            CSV_HEADER,
            'seen,2025-03-01T12:00:00Z,"a","{""q"":""x,\\ny""}"',
            '"two\nlines, ""quoted""",2025-03-01T12:00:00Z,b,{}',
            CSV_ROW.format(""),
        ),
        ["a", "b"],
        [(5, "missing_user_id")],
        ending="csv",
    ),
    "CSV, too many and too few fields": Case(
        lines(CSV_HEADER, CSV_ROW.format("a") + ",x", "seen", CSV_ROW.format("b")),
        ["b"],
        [(2, "wrong_field_count"), (3, "wrong_field_count")],
        ending="csv",
    ),
    "CSV, invalid UTF-8 and NUL": Case(
        lines(
            CSV_HEADER, CSV_ROW.format("a").encode() + b"\xff", b"seen\x00" + CSV_ROW[4:].encode()
        ),
        [],
        [(2, "invalid_utf8"), (3, "null_character")],
        ending="csv",
    ),
    "CSV, properties that are no object": Case(
        lines(
            CSV_HEADER,
            CSV_ROW.format("a") + "[]",
            CSV_ROW.format("b") + "x",
            CSV_ROW.format("c") + "null",
            CSV_ROW.format("d") + '"{}"',
            CSV_ROW.format("e") + "1",
        ),
        ["c", "d"],
        [(2, "properties_not_an_object"), (3, "not_json"), (6, "properties_not_an_object")],
        ending="csv",
    ),
    "CSV, a quote in a field that is not quoted": Case(
        lines(CSV_HEADER, CSV_ROW.format('5" pipe'), CSV_ROW.format("b")),
        ["b"],
        [(2, "stray_quote")],
        ending="csv",
    ),
    "CSV, users that are null": Case(
        lines(CSV_HEADER, *[CSV_ROW.format(user) for user in ("\\N", "NULL", "b")]),
        ["b"],
        [(2, "missing_user_id"), (3, "missing_user_id")],
        ending="csv",
        options=("--null", "NULL"),
    ),
    "CSV, semicolons and Latin-1": Case(
        lines("event_name;event_time;user_id", "seen;2025-03-01T12:00:00Z;mül")
        .decode()
        .encode("latin-1"),
        ["mül"],
        ending="csv",
        options=("--encoding", "latin-1"),
    ),
    "CSV, backslashes before quotes": Case(
        lines(CSV_HEADER, 'seen,2025-03-01T12:00:00Z,"5\\"","{\\"a\\":1}"'),
        ['5"'],
        ending="csv",
        options=("--escape", "backslash"),
    ),
    "CSV, no header": Case(
        lines("seen|2025-03-01T12:00:00Z|a"),
        ["a"],
        ending="csv",
        options=("--header", "event_name, event_time, user_id"),
    ),
    # JSON that is not one object on each line.
    "JSON, an array": Case(
        b"\r\n [" + event("a").encode() + b",\n{},1," + event("b").encode() + b"]",
        ["a", "b"],
        [(2, "missing_event_name"), (3, "not_an_object")],
        ending="json",
    ),
    "JSON, pretty-printed, in UTF-16": Case(
        "\n".join(json.dumps(json.loads(event(user)), indent=1) for user in "aé").encode("utf-16"),
        ["a", "é"],
        ending="json",
    ),
    "JSON, a wrapper": Case(
        b'{"data":{"results":[' + event("a").encode() + b"]}}",
        ["a"],
        ending="json",
        options=("--records", "/data/results"),
    ),
    "CSV, a field of 10 MB": Case(
        lines(CSV_HEADER, CSV_ROW.format("x" * 10_000_000), CSV_ROW.format("b")),
        ["b"],
        [(2, "too_large")],
        ending="csv",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_engine_accepts_and_rejects_the_same_rows(raw: RawTables, case: Case) -> None:
    path = raw.write(f"odd.{case.ending}", case.content)

    nothing_in = case.rejected and not case.users
    report = raw.append(path.name, "--json", *case.options, exit_code=1 if nothing_in else 0).json()

    rejected = raw.rejected()
    assert raw.users() == case.users
    assert [(row.line, row.reason) for row in rejected] == case.rejected
    assert report["appended"] == len(case.users)
    assert report["rejected"] == len(case.rejected)
    assert report["read"] == len(case.users) + len(case.rejected)
    assert all(len(row.text.encode()) <= MIB for row in rejected)
    assert all("\x00" not in row.text for row in rejected)


def test_both_engines_hold_the_same_rows_of_every_case(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    files = []
    for number, case in enumerate(case for case in CASES.values() if not case.options):
        path = tmp_path / f"{number}.{case.ending}"
        path.write_bytes(case.content)
        files.append(path.name)

    tables = [new_raw_tables(make_database(engine), tmp_path) for engine in ENGINES]
    reports = [raw.append(*files, "--json", exit_code=1).json() for raw in tables]

    for report in reports:
        del report["seconds"], report["rows_per_second"]
        for file in report["files"]:
            del file["delivery_id"]
    assert reports[0] == reports[1]
    assert tables[0].events() == tables[1].events()
    assert tables[0].rejected() == tables[1].rejected()
    assert len(tables[0].events()) > 20
    ids = [
        raw.database.query(f"select cast(rejected_id as varchar) from {raw.schema}.rejected_events")
        for raw in tables
    ]
    assert sorted(ids[0]) == sorted(ids[1])


def test_numbers_read_alike_from_both_engines(raw: RawTables) -> None:
    tokens = ["1", "-0", "1.0", "1.10", "1e2", "1e20", "1e21", "1e22", "0.00001", "-0.0", "1e-6"]
    tokens += ["18446744073709551616", "0.30000000000000004", "1234567890123456789.0"]
    rows = [raw_properties(f"u{n:02}", f'{{"a":{token}}}') for n, token in enumerate(tokens)]
    raw.write("n.jsonl", lines(*rows))
    raw.append("n.jsonl")

    found = raw.database.query(
        f"select properties ->> 'a' from {raw.schema}.events order by user_id"
    )

    assert [text for (text,) in found] == [
        *("1", "0", "1.0", "1.1", "100.0", "100000000000000000000.0", "1000000000000000000000"),
        *("10000000000000000000000", "0.00001", "0.0", "0.000001", "18446744073709551616"),
        *("0.30000000000000004", "1234567890123456800.0"),
    ]


def test_rejected_originals_are_kept_as_they_came(raw: RawTables) -> None:
    raw.write("a.jsonl", b'{"user_id": "\\u00e9", "x": 1}\r\n\xff\x00"\\\t\n')
    raw.write("b.csv", lines("event,time,user_id", 'a"b,,"x,""y"""', "1,2", "1,2,3,4"))
    raw.append("a.jsonl", "b.csv", exit_code=1)

    assert [row.text for row in raw.rejected()] == [
        '{"user_id": "\\u00e9", "x": 1}',
        '\\xff\\x00"\\\t',
        '{"event":"a\\"b","time":"","user_id":"x,\\"y\\""}',
        '{"event":"1","time":"2"}',
        '{"event":"1","time":"2","user_id":"3","column 4":"4"}',
    ]


def test_a_long_original_is_cut_at_a_character(raw: RawTables) -> None:
    raw.write("a.jsonl", lines("x" + "é" * 600_000, "x" + "é" * 9_000_000))
    raw.append("a.jsonl", exit_code=1)
    assert [row.text for row in raw.rejected()] == ["x" + "é" * ((MIB - 1) // 2)] * 2


def cut_off_gzip() -> bytes:
    return gzip.compress(lines(*(event(f"u{n}", properties={"n": n}) for n in range(500))))[:-20]


def damaged_gzip() -> bytes:
    data = bytearray(gzip.compress(lines(*(event(f"u{n}") for n in range(500)))))
    data[len(data) // 2] ^= 0xFF
    return bytes(data)


def cut_off_zstd() -> bytes:
    return zstandard.compress(lines(*(event(f"u{n}") for n in range(500))))[:-10]


def cut_off_between_frames() -> bytes:
    frame = zstandard.compress(lines(event("a")))
    return frame + frame[:6]


def parquet(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory, duckdb.connect() as connection:
        path = Path(directory) / "x.parquet"
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        return path.read_bytes()


BROKEN: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "cut-off gzip": ("x.jsonl.gz", cut_off_gzip, "x.jsonl.gz is cut off"),
    "damaged gzip": ("x.jsonl.gz", damaged_gzip, "x.jsonl.gz is damaged near byte"),
    "cut-off gzip of CSV": (
        "x.csv.gz",
        lambda: gzip.compress(lines(CSV_HEADER, *[CSV_ROW.format("u")] * 99))[:-9],
        "x.csv.gz is cut off",
    ),
    "gzip with rubbish behind": (
        "x.jsonl.gz",
        lambda: gzip.compress(lines(event())) + b"rubbish",
        "x.jsonl.gz is damaged",
    ),
    "cut-off zstd": ("x.jsonl.zst", cut_off_zstd, "x.jsonl.zst is cut off"),
    "second frame cut off": ("x.jsonl.zst", cut_off_between_frames, "x.jsonl.zst is cut off"),
    "no gzip at all": ("x.jsonl.gz", lambda: lines(event()), "x.jsonl.gz is named .gz but"),
    "no zstd at all": ("x.csv.zst", lambda: lines(event()), "x.csv.zst is named .zst but"),
    "open quote": (
        "x.csv",
        lambda: lines(CSV_HEADER, CSV_ROW.format("a"), '"open', *[CSV_ROW.format("b")] * 5),
        "x.csv, line 3: a quote is opened here and never closed",
    ),
    "open quote, long": (
        "x.csv",
        lambda: lines(CSV_HEADER, '"open') + (CSV_ROW.format("b").encode() + b"\n") * 700_000,
        "x.csv, line 2: ",
    ),
    "record of 20 MB": (
        "x.csv",
        lambda: lines(CSV_HEADER) + b"x" * 20_000_000,
        "x.csv, line 2: a record of more than 16 MiB",
    ),
    "missing columns": (
        "x.csv",
        lambda: lines("event,createdAt,user", "a,b,c"),
        (
            "x.csv has no column for event_time, user_id. Its columns are event, createdAt, user. "
            "Name the right one, for instance --map event_time=COLUMN"
        ),
    ),
    "semicolons and commas": (
        "x.csv",
        lambda: lines("event;time,user_id", "a;b,c"),
        "x.csv has no column for event_name",
    ),
    "column twice": (
        "x.csv",
        lambda: lines("event,time,user_id,time", "a,b,c,d"),
        "x.csv has more than one column named time",
    ),
    "no Parquet": ("x.parquet", lambda: lines(event()), "x.parquet is not Parquet"),
    "empty Parquet": ("x.parquet", lambda: b"", "x.parquet is empty (0 bytes)"),
    "cut-off Parquet": (
        "x.parquet",
        lambda: parquet("select 'a' as event, 'b' as time, 'c' as user_id")[:-30],
        "Cannot read x.parquet as Parquet",
    ),
    "Parquet without users": (
        "x.parquet",
        lambda: parquet("select 'a' as event, 'b' as time"),
        "x.parquet has no column for user_id",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_left_out_whole_and_the_next_one_goes_in(
    raw: RawTables, name: str, content: Callable[[], bytes], message: str
) -> None:
    raw.write(name, content())
    raw.write("good.jsonl", lines(event("good")))

    result = raw.append(name, "good.jsonl", exit_code=1)

    assert f"Error: nothing of {name} was appended. " in result.stderr
    assert message in result.stderr
    assert raw.users() == ["good"]
    assert raw.rejected() == []
    assert "Read 1: appended 1," in result.stderr


TIME = "timestamptz '2025-03-01 12:00:00+02' as event_time"
USER = "'m' as user_id"
PARQUET: dict[str, tuple[str, str | None]] = {
    "timestamps with time zone": (f"{TIME}, {USER}", None),
    "timestamps without time zone": (
        f"timestamp '2025-03-01 12:00:00' as event_time, {USER}",
        "event_time_without_offset",
    ),
    "dates": (f"date '2025-03-01' as event_time, {USER}", "invalid_event_time"),
    "infinite": (f"timestamptz 'infinity' as event_time, {USER}", "invalid_event_time"),
    "times as text": (f"'2025-03-01T12:00:00Z' as event_time, {USER}", None),
    "integer users": (f"{TIME}, 7::bigint as user_id", None),
    "double users": (f"{TIME}, 7.0::double as user_id", None),
    "broken users": (f"{TIME}, 7.5::double as user_id", "invalid_user_id"),
    "NaN as user": (f"{TIME}, 'nan'::double as user_id", "missing_user_id"),
    "null users": (f"{TIME}, null::varchar as user_id", "missing_user_id"),
    "struct": (f"{TIME}, {USER}, {{'a': 1, 'b': {{'c': [1.5]}}}} as properties", None),
    "map": (f"{TIME}, {USER}, map {{'a': 1}} as properties", None),
    "text": (f"{TIME}, {USER}, '{{\"a\": 1}}' as properties", None),
    "null": (f"{TIME}, {USER}, null::varchar as properties", None),
    "list": (f"{TIME}, {USER}, [1] as properties", "properties_not_an_object"),
    "NaN in properties": (f"{TIME}, {USER}, {{'a': 'nan'::double}} as properties", None),
    "NaN elsewhere": (f"{TIME}, {USER}, 'nan'::double as price", None),
    "ids": (f"{TIME}, {USER}, uuid '{ID}' as event_id", None),
}


@pytest.mark.parametrize(("columns", "reason"), PARQUET.values(), ids=PARQUET)
def test_types_of_parquet(raw: RawTables, columns: str, reason: str | None) -> None:
    raw.write("t.parquet", parquet(f"select 'seen' as event_name, {columns}"))
    raw.append("t.parquet", exit_code=0 if reason is None else 1)
    assert len(raw.events()) == (reason is None)
    assert raw.reasons() == ([] if reason is None else [(1, reason)])


def test_values_of_parquet(raw: RawTables) -> None:
    raw.write(
        "t.parquet",
        parquet(
            f"select 'é\"' as event, timestamptz '2025-03-01 12:00:00.000001+02' as timestamp, "
            f"'u' as \"userId\", uuid '{ID}' as id, "
            "{'a': 1, 'é': ['x', null], 'd': 1e30} as properties"
        ),
    )
    raw.append("t.parquet")
    properties = {"a": "1", "é": ["x", None], "d": "1" + "0" * 30}
    properties = {"a": "1", "é": ["x", None], "d": "1" + "0" * 30}
    assert raw.events() == [
        StoredEvent(ID, 'é"', "2025-03-01T10:00:00.000001+00:00", "u", properties)
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_large_line_does_not_have_to_fit_into_memory(raw: RawTables) -> None:
    # 300 MB that compress to almost nothing; the process itself takes about 100.
    path = raw.directory / "long.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(lines(event("a")))
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + lines(event("b")))
    script = (
        "import re, sys; from pathlib import Path; from loader.cli import main\n"
        "try: main()\n"
        "finally: print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, "append", "--raw-schema", raw.schema, str(path)],
        env=process_environment(raw.database),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) < 250 * 1024
    assert raw.users() == ["a", "b"]
    assert raw.reasons() == [(2, "too_large")]
