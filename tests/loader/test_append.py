"""`loader append`: every way in, loading again, conflicts, strictness, reports and exit codes."""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from loader.append import AppendOptions, append_files
from loader.readers import expand
from loader.targets import Target, load_target
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event, new_raw_tables
from tests.support.databases import Database
from tests.support.run import run_loader, start_loader

ID = "6f1ed002-ab5b-4e8c-9d2f-{:012}"
REPORT = "appended {}, duplicate {}, conflicting {}, rejected {} in "


LOADERS = """
    from pg_stat_activity where application_name = 'loader' and datname = current_database()
"""


def rows(first: int, last: int, **changes: Any) -> list[str]:
    """Good rows with the ids and users first … last."""
    return [
        event(f"u{n:05}", event_id=ID.format(n), properties={"n": n}, **changes)
        for n in range(first, last + 1)
    ]


def text(*groups: list[str]) -> str:
    return "".join(f"{row}\n" for group in groups for row in group)


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    found = tuple(report[key] for key in ("appended", "duplicate", "conflicting", "rejected"))
    assert report["read"] == sum(found)
    assert report["rejected"] == sum(report["rejected_by_reason"].values())
    return found


def target_of(raw: RawTables, monkeypatch: pytest.MonkeyPatch) -> Target:
    for name, value in raw.database.env().items():
        monkeypatch.setenv(name, value)
    return load_target(None, raw.database.directory, raw.schema)


def test_appending_again_adds_nothing(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 3), ["no json", event()]))

    first = raw.append("a.jsonl", "--json").json()
    stored, rejected = raw.events(), raw.rejected()
    again = raw.append("a.jsonl", "--json").json()

    assert counts(first) == (4, 0, 0, 1)
    assert counts(again) == (0, 4, 0, 1)
    assert (raw.events(), raw.rejected()) == (stored, rejected)
    assert len(stored) == 4
    assert [row.reason for row in rejected] == ["not_json"]


def test_overlapping_files(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 300)))
    raw.write("b.jsonl", text(rows(201, 500)))

    report = raw.append("a.jsonl", "b.jsonl", "--json").json()

    assert counts(report) == (500, 100, 0, 0)
    assert [counts(file) for file in report["files"]] == [(300, 0, 0, 0), (200, 100, 0, 0)]
    assert [file["source"] for file in report["files"]] == ["a.jsonl", "b.jsonl"]
    assert raw.users() == [f"u{n:05}" for n in range(1, 501)]


def test_stored_values(raw: RawTables) -> None:
    raw.write(
        "a.jsonl", event("é'", event_id=ID.format(1).upper(), properties={"b": 1.5, "a": "ü"})
    )
    before = datetime.now(UTC)
    raw.append("a.jsonl")

    assert [tuple(row) for row in raw.events()] == [
        (ID.format(1), "seen", "2025-03-01T12:00:00+00:00", "é'", {"b": "1.5", "a": "ü"})
    ]
    [(ingested_at,)] = raw.database.query(f"select ingested_at from {raw.schema}.events")
    assert before - timedelta(seconds=5) < ingested_at < datetime.now(UTC) + timedelta(seconds=5)


def test_one_ingestion_time_for_each_file(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 2000)))
    raw.write("b.jsonl", text(rows(2001, 4000)))
    raw.append("a.jsonl", "b.jsonl")
    found = raw.database.query(
        f"select count(*) from {raw.schema}.events group by ingested_at order by ingested_at"
    )
    assert found == [(2000,), (2000,)]


def test_conflicts_within_a_file_the_first_line_stays(raw: RawTables) -> None:
    first = event("u1", event_id=ID.format(1))
    other = event("u1", event_id=ID.format(1), properties={"n": 2})
    third = event("u2", event_id=ID.format(1))
    raw.write("a.jsonl", text([first, other, first, third], rows(2, 200)))

    report = raw.append("a.jsonl", "--json").json()

    assert counts(report) == (200, 1, 2, 0)
    stored = {row.event_id: row for row in raw.events()}[ID.format(1)]
    assert (stored.user_id, stored.properties) == ("u1", {"n": "1"})
    assert [(row.line, row.reason, row.source) for row in raw.rejected()] == [
        (2, "conflicting_event_id", "a.jsonl"),
        (4, "conflicting_event_id", "a.jsonl"),
    ]
    assert json.loads(raw.rejected()[0].text) == {
        "event_id": ID.format(1),
        "event_name": "seen",
        "event_time": "2025-03-01T12:00:00.000000Z",
        "user_id": "u1",
        "properties": {"n": 2},
    }

    again = raw.append("a.jsonl", "--json").json()
    assert counts(again) == (0, 201, 2, 0)
    assert len(raw.rejected()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": "v"},
        {"event_name": "left"},
        {"event_time": "2025-03-01T12:00:00.000001Z"},
        {"properties": {"n": 1, "m": None}},
        {"properties": {"n": 1.0}},
        {"properties": {"n": "1"}},
        {"properties": {}},
    ],
    ids=json.dumps,
)
def test_conflicts_with_what_is_there(raw: RawTables, change: dict[str, Any]) -> None:
    raw.write("a.jsonl", event("u", event_id=ID.format(1)))
    raw.write("b.jsonl", event(**{"user": "u", "event_id": ID.format(1), **change}))
    raw.append("a.jsonl")
    stored = raw.events()
    assert counts(raw.append("b.jsonl", "--json", exit_code=1).json()) == (0, 0, 1, 0)
    assert raw.events() == stored
    assert raw.reasons() == [(1, "conflicting_event_id")]


def test_the_same_content_written_otherwise_is_no_conflict(raw: RawTables) -> None:
    raw.write(
        "a.jsonl", event(event_id=ID.format(1), properties={"a": 1.5, "b": {"x": 1, "y": "é"}})
    )
    raw.write(
        "b.jsonl",
        event(
            event_id=ID.format(1), event_time="2025-03-01 14:00:00.000+02:00", properties="HERE"
        ).replace('"HERE"', '{ "b": {"y": "\\u00e9", "x": 1}, "a": 15e-1 }'),
    )
    assert counts(raw.append("a.jsonl", "b.jsonl", "--json").json()) == (1, 1, 0, 0)


def test_derived_ids_make_sending_again_safe(raw: RawTables) -> None:
    raw.write("a.jsonl", text([event("a"), event("b"), event("a", properties={"n": 1})]))
    raw.write("b.csv", 'event,timestamp,userId,properties\nseen,2025-03-01 12:00Z,b,"{""n"":1}"\n')
    assert counts(raw.append("a.jsonl", "b.csv", "--json").json()) == (2, 2, 0, 0)
    assert raw.users() == ["a", "b"]


def csv_text(first: int, last: int) -> str:
    return "event_id,event_name,event_time,user_id,properties\n" + "".join(
        f'{ID.format(n)},seen,2025-03-01T12:00:00Z,u{n:05},"{{""n"": {n}}}"\n'
        for n in range(first, last + 1)
    )


def parquet_bytes(directory: Path, first: int, last: int) -> bytes:
    path = directory / "made.parquet"
    (directory / "made.csv").write_text(csv_text(first, last))
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"copy (select * from read_csv('{directory}/made.csv', types={{'event_id': 'uuid'}})) "
            f"to '{path}' (format parquet, row_group_size 2048)"
        )
    return path.read_bytes()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "csv", "parquet"])
def test_every_format_and_compression(raw: RawTables, ending: str, compression: str) -> None:
    made = {
        "csv": lambda: csv_text(1, 5000).encode(),
        "parquet": lambda: parquet_bytes(raw.directory, 1, 5000),
    }.get(ending, lambda: text(rows(1, 5000)).encode())()
    raw.write("reference.jsonl", text(rows(1, 5000)))
    raw.write(f"a.{ending}{compression}", COMPRESS[compression](made))

    first = raw.append(f"a.{ending}{compression}", "--json").json()
    again = raw.append("reference.jsonl", "--json").json()

    assert counts(first) == (5000, 0, 0, 0)
    assert counts(again) == (0, 5000, 0, 0)  # the same content, whatever the format


@pytest.mark.parametrize(
    ("format_", "compression"),
    [
        ("jsonl", ""),
        ("jsonl", ".gz"),
        ("csv", ".zst"),
        ("parquet", ""),
        ("parquet", ".gz"),
    ],
)
def test_standard_input(raw: RawTables, format_: str, compression: str) -> None:
    made = {
        "jsonl": lambda: text(rows(1, 100)).encode(),
        "csv": lambda: csv_text(1, 100).encode(),
        "parquet": lambda: parquet_bytes(raw.directory, 1, 100),
    }[format_]()
    options = [] if format_ == "jsonl" else ["--format", format_]
    result = raw.append("-", *options, "--json", stdin=COMPRESS[compression](made))
    report = result.json()
    assert counts(report) == (100, 0, 0, 0)
    assert report["files"][0]["source"] == "-"


def test_gzip_with_several_members_and_zstd_with_several_frames(raw: RawTables) -> None:
    for ending, compress in ((".gz", gzip.compress), (".zst", zstandard.compress)):
        raw.write(
            f"a.jsonl{ending}",
            compress(text(rows(1, 5)).encode())
            + compress(b"")
            + compress(text(rows(6, 9)).encode()),
        )
    assert counts(raw.append("a.jsonl.gz", "--json").json()) == (9, 0, 0, 0)
    assert counts(raw.append("a.jsonl.zst", "--json").json()) == (0, 9, 0, 0)


def test_the_format_option_overrules_endings_and_finds_compression(raw: RawTables) -> None:
    raw.write("data.txt", gzip.compress(csv_text(1, 3).encode()))
    assert counts(raw.append("data.txt", "--format", "csv", "--json").json()) == (3, 0, 0, 0)


def test_globs_that_no_shell_expanded(raw: RawTables) -> None:
    raw.write("b1.jsonl", text(rows(1, 2)))
    raw.write("b2.jsonl", text(rows(3, 4)))
    raw.write("c.csv", csv_text(5, 6))
    report = raw.append("b?.jsonl", "*.csv", "b1.jsonl", "--json").json()
    assert [file["source"] for file in report["files"]] == ["b1.jsonl", "b2.jsonl", "c.csv"]
    assert report["appended"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good.jsonl", "absent.jsonl"], "There is no file absent.jsonl"),
        (["good.jsonl", "*.parquet"], "No file matches *.parquet"),
        (["good.jsonl", "data.txt"], "The ending of data.txt says no format"),
        (["good.jsonl", "empty"], "empty is a folder without a file that can be read"),
        (["good.jsonl", "--format", "xml"], "'xml' is not one of"),
        (["good.jsonl", "--map", "event_time"], "write FIELD=COLUMN"),
        (["good.jsonl", "--map", "when=x"], "'when' is no field"),
        (["good.jsonl", "--map", "user_id="], "user_id is required"),
        (["good.jsonl", "--map", "user_id=a", "--map", "user_id=b"], "gives user_id twice"),
        (["good.jsonl", "--earliest", "soon"], "'soon' does not match"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_appends_nothing(raw: RawTables, arguments: list[str], message: str) -> None:
    raw.write("good.jsonl", text(rows(1, 2)))
    raw.write("data.txt", "x")
    (raw.directory / "empty").mkdir()
    result = raw.append(*arguments, exit_code=2)
    assert message in result.stderr
    assert result.stdout == ""
    assert raw.events() == []


def test_report_on_stderr_and_json_on_stdout(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 1200), ["x", "y", event(user_id=None)]))

    plain = raw.append("a.jsonl")
    assert plain.stdout == ""
    first, second = plain.stderr.splitlines()
    assert first.startswith("Read 1,203: " + REPORT.format("1,200", 0, 0, 3))
    assert first.endswith(" rows/s).")
    assert second == "Rejected: not_json 2, missing_user_id 1. See them with: loader rejects"

    result = raw.append("a.jsonl", "--json")
    report = result.json()
    assert result.stderr.startswith("Read 1,203: " + REPORT.format(0, "1,200", 0, 3))
    assert report["rejected_by_reason"] == {"not_json": 2, "missing_user_id": 1}
    assert report["seconds"] > 0
    assert report["rows_per_second"] > 0
    assert list(report["rejected_by_reason"]) == ["not_json", "missing_user_id"]


def test_no_progress_bar_beside_a_terminal(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 2)))
    assert "Appending" not in raw.append("a.jsonl").stderr


def test_strict_appends_nothing_if_any_row_is_rejected(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 5)))
    raw.write("b.jsonl", text(rows(6, 9), ["bad"] * 12, [event(user_id=None)]))

    result = raw.append("a.jsonl", "b.jsonl", "--strict", "--json", exit_code=1)

    assert raw.events() == []
    assert raw.rejected() == []
    lines = result.stderr.splitlines()
    assert lines[:2] == [
        f"b.jsonl, line {n}: not_json (Expecting value at character 1)" for n in (5, 6)
    ]
    assert len(lines) == 11
    assert lines[-1].startswith("Error: nothing was appended, because of --strict: 13 rows")
    assert counts(result.json()) == (0, 0, 0, 0)
    assert all("--strict" in file["error"] for file in result.json()["files"])


def test_strict_appends_nothing_if_any_event_conflicts(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 5)))
    raw.write("b.jsonl", text(rows(4, 7, event_name="other")))
    result = raw.append("a.jsonl", "b.jsonl", "--strict", exit_code=1)
    assert raw.events() == []
    assert raw.rejected() == []
    assert "b.jsonl, line 1: conflicting_event_id" in result.stderr
    assert "2 rows are rejected or conflict" in result.stderr


def test_strict_appends_nothing_if_any_file_is_broken(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 5)))
    raw.write("b.jsonl.gz", gzip.compress(text(rows(6, 9)).encode())[:-9])
    result = raw.append("a.jsonl", "b.jsonl.gz", "--strict", exit_code=1)
    assert raw.events() == []
    assert "b.jsonl.gz is cut off" in result.stderr


def test_strict_appends_good_files_and_counts_duplicates(raw: RawTables) -> None:
    raw.write("a.jsonl", text(rows(1, 5)))
    raw.write("b.jsonl", text(rows(4, 7)))
    report = raw.append("a.jsonl", "b.jsonl", "--json", env={"LOADER_APPEND_STRICT": "1"}).json()
    assert [counts(file) for file in report["files"]] == [(5, 0, 0, 0), (2, 2, 0, 0)]
    assert len(raw.events()) == 7


def test_mapped_columns(raw: RawTables) -> None:
    raw.write("a.csv", "kind,createdAt,who,plan,note\nbought,2025-01-01T00:00:00Z,u1,pro,\n")
    maps = ["event_name=kind", "event_time=createdAt", "user_id=who", "properties=*"]
    raw.append("a.csv", *(part for pair in maps for part in ("--map", pair)))
    raw.write(
        "b.jsonl", '{"event":"x","time":"2025-01-01T00:00:00Z","properties":{"distinct_id":"u2"}}'
    )
    raw.append("b.jsonl", "--map", "user_id=/properties/distinct_id", "--map", "event_id=")
    assert [(row.event_name, row.user_id, row.properties) for row in raw.events()] == [
        ("bought", "u1", {"plan": "pro"}),
        ("x", "u2", {"distinct_id": "u2"}),
    ]


def test_settings_of_the_contract(raw: RawTables) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    raw.write(
        "a.jsonl",
        text(
            [
                event("a", event_time="1999-06-01T00:00:00Z"),
                event("b", event_time=ahead),
                event("c", properties={"x": "x" * 500}),
            ]
        ),
    )
    raw.append("a.jsonl", "--max-event-bytes", "400", exit_code=1)
    assert [reason for _, reason in raw.reasons()] == [
        "event_time_too_early",
        "event_time_in_future",
        "too_large",
    ]
    raw.append("a.jsonl", "--earliest", "1999-01-01", "--future-tolerance", "48")
    assert raw.users() == ["a", "b", "c"]


def test_a_row_mended_and_sent_again(raw: RawTables) -> None:
    raw.write("a.csv", 'event,time,user_id,properties\nseen,2025-03-01T12:00:00Z,,"{""n"":1}"\n')
    raw.append("a.csv", exit_code=1)
    [row] = raw.rejected()
    mended = json.loads(row.text) | {"user_id": "mended"}
    mended["properties"] = json.loads(mended["properties"])
    raw.append("-", stdin=json.dumps(mended).encode())
    assert [(row.user_id, row.properties) for row in raw.events()] == [("mended", {"n": "1"})]


def test_without_tables_the_message_says_init(database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(event())
    result = run_loader("append", "a.jsonl", database=database, cwd=tmp_path)
    assert result.exit_code == 1
    assert f"loader init --target {database.engine}" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def mixed_rows() -> list[str]:
    """Ordinary rows, rows for the contract, rejected rows, repeats and conflicts."""
    made = rows(1, 400) + rows(100, 150) + rows(200, 210, event_name="other")
    made += [event(f"v{n}", properties={"deep": {"n": n}}) for n in range(40)]
    made += [event(f"w{n}", event_name="é" * n) for n in range(250, 260)]
    made += [f"bad {n}" for n in range(30)] + ["", " "]
    return made


@pytest.mark.parametrize(("block_bytes", "count"), [(150, 100), (4000, 700)])
def test_batch_boundaries_change_nothing(
    raw: RawTables, monkeypatch: pytest.MonkeyPatch, block_bytes: int, count: int
) -> None:
    raw.write("a.jsonl", text(mixed_rows()[-count:]))
    monkeypatch.chdir(raw.directory)
    sources = expand(["a.jsonl"])
    small = append_files(
        target_of(raw, monkeypatch), sources, AppendOptions(block_bytes=block_bytes)
    )
    other = new_raw_tables(raw.database, raw.directory)
    large = append_files(target_of(other, monkeypatch), sources)

    assert small.files == large.files
    assert raw.events() == other.events()
    assert raw.rejected() == other.rejected()
    assert small.appended > 0
    assert small.rejected["not_json"] == 30


def test_row_order_changes_nothing(raw: RawTables) -> None:
    given = [row for row in mixed_rows() if "other" not in row]  # among conflicts, order decides
    raw.write("a.jsonl", text(given))
    raw.append("a.jsonl")
    random.Random(1).shuffle(given)  # noqa: S311 (a fixed order)
    other = new_raw_tables(raw.database, raw.directory)
    other.write("b.jsonl", text(given))
    other.append("b.jsonl")
    assert other.events() == raw.events()
    assert sorted(row.text for row in other.rejected()) == sorted(
        row.text for row in raw.rejected()
    )


def test_postgres_loaders_with_overlapping_files_in_opposite_order(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    raw = new_raw_tables(make_database("postgres"), tmp_path)
    forward = rows(1, 4000)
    raw.write("0.jsonl", text(forward))
    raw.write("1.jsonl", text(forward[::-1]))
    reports: list[dict[str, Any]] = []
    processes = [
        start_loader(
            "append",
            tmp_path / f"{n}.jsonl",
            "--json",
            "--raw-schema",
            raw.schema,
            database=raw.database,
        )
        for n in range(2)
    ]
    for process in processes:
        with process:
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, err.decode()
            reports.append(json.loads(out))
    assert sum(report["appended"] for report in reports) == 4000
    assert sum(report["duplicate"] for report in reports) == 4000
    assert len(raw.events()) == 4000


def test_postgres_deadlock_is_tried_again(make_database: MakeDatabase, tmp_path: Path) -> None:
    raw = new_raw_tables(make_database("postgres"), tmp_path)
    raw.write("a.jsonl", text(rows(1, 2)))
    insert = (
        f"insert into {raw.schema}.events "
        "values (%s, 'seen', '2025-03-01T12:00:00Z', %s, %s, now())"
    )
    other: Any = raw.database.connect()
    waiting: Any = raw.database.connect()
    try:
        other.autocommit = False
        # The other holds 2 and then wants 1, which the loader holds while it waits for 2.
        other.execute("set deadlock_timeout = '30s'")
        other.execute(insert, [ID.format(2), "u00002", '{"n": 2}'])
        with start_loader(
            "append",
            tmp_path / "a.jsonl",
            "--json",
            "--raw-schema",
            raw.schema,
            database=raw.database,
        ) as process:
            blocked = f"select count(*) {LOADERS} and wait_event_type = 'Lock'"
            for _ in range(600):
                if waiting.execute(blocked).fetchone()[0]:
                    break
                threading.Event().wait(0.05)
            else:
                pytest.fail("the loader never waited")
            # Waits until PostgreSQL makes the loader give way.
            other.execute(insert, [ID.format(1), "u00001", '{"n": 1}'])
            other.commit()
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert counts(json.loads(out)) == (0, 2, 0, 0)
    finally:
        other.close()
        waiting.close()
    assert raw.users() == ["u00001", "u00002"]


def test_postgres_needs_no_more_than_select_insert_and_temp(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = make_database("postgres")
    raw = new_raw_tables(database, tmp_path)
    role = f"loader_{raw.schema}"
    for statement in (
        f"create role {role} login",
        f"grant usage on schema {raw.schema} to {role}",
        f"grant select, insert on all tables in schema {raw.schema} to {role}",
    ):
        database.execute(statement)
    try:
        raw.write("a.jsonl", text(rows(1, 5), rows(5, 5, event_name="other"), ["bad"]))
        report = raw.append("a.jsonl", "--json", env={"PGUSER": role}).json()
        assert counts(report) == (5, 0, 1, 1)
        assert len(raw.rejected()) == 2
    finally:
        database.execute(f"drop owned by {role}")
        database.execute(f"drop role {role}")


def test_lost_server_leaves_nothing_and_says_so(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = make_database("postgres")
    raw = new_raw_tables(database, tmp_path)
    with start_loader("append", "-", "--raw-schema", raw.schema, database=database) as process:
        assert process.stdin is not None
        process.stdin.write(text(rows(1, 60_000)).encode())
        process.stdin.flush()
        kill = f"select count(pg_terminate_backend(pid)) {LOADERS}"
        for _ in range(600):
            if database.query(kill) != [(0,)]:
                break
            threading.Event().wait(0.05)
        _, err = process.communicate(text(rows(60_001, 60_100)).encode(), timeout=60)
    assert process.returncode == 1
    assert b"Traceback" not in err
    assert b"Error: nothing of - was appended." in err
    assert raw.events() == []


def test_interrupted_by_the_user(raw: RawTables) -> None:
    if raw.database.engine == "duckdb":
        raw = new_raw_tables(raw.database, raw.directory)
    with start_loader("append", "-", "--raw-schema", raw.schema, database=raw.database) as process:
        assert process.stdin is not None
        process.stdin.write(text(rows(1, 60_000)).encode())
        process.stdin.flush()
        threading.Event().wait(1.5)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 1
    assert b"Traceback" not in err
    assert b"Interrupted. " in err
    assert raw.events() == []


def test_locked_duckdb_file(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = make_database("duckdb")
    raw = new_raw_tables(database, tmp_path)
    raw.write("a.jsonl", text(rows(1, 2)))
    holder = database.connect()
    try:
        options = ("append", tmp_path / "a.jsonl", "--raw-schema", raw.schema)
        with start_loader(*options, "--lock-timeout", "0.2", database=database) as process:
            _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert b"Traceback" not in err
        assert len(err.decode().splitlines()) == 1
        with start_loader(*options, "--lock-timeout", "60", database=database) as process:
            threading.Event().wait(1)
            holder.close()
            _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
    finally:
        holder.close()
    assert len(raw.events()) == 2


def test_help_names_exit_codes_and_examples() -> None:
    result = run_loader("append", "--help")
    assert "Exit codes: 0 done, 1 bad data or database, 2 wrong usage." in result.stdout
    assert "Examples:" in result.stdout
    assert "LOADER_APPEND_STRICT" in result.stdout
