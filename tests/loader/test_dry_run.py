"""`loader append --dry-run` writes nothing, and says what a real run would do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event, new_raw_tables
from tests.loader.test_append import mixed_rows
from tests.support.databases import REPOSITORY, Database
from tests.support.run import run_loader, start_loader

ID = "6f1ed002-ab5b-4e8c-9d2f-{:012}"
COUNTS = ("read", "appended", "duplicate", "conflicting", "rejected", "rejected_by_reason")


def row(number: int, **changes: Any) -> str:
    return event(f"u{number}", event_id=ID.format(number), **changes)


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


def outcome(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: file[key] for key in (*COUNTS, "error")} for file in report["files"]]


def test_nothing_is_there_before_and_after(database: Database, tmp_path: Path) -> None:
    """No tables, no schema, no DuckDB file."""
    (tmp_path / "a.jsonl").write_text(lines(row(1), row(1), row(1, event_name="other"), "bad"))

    result = run_loader("append", "a.jsonl", "--dry-run", database=database, cwd=tmp_path)

    assert result.exit_code == 0, result.stderr
    assert "would append 1, duplicate 1, conflicting 1, rejected 1 in" in result.stderr
    assert "has no raw tables yet. Create them with: loader init" in result.stderr
    assert result.stderr.splitlines()[-1] == "Nothing was written, because of --dry-run."
    if database.engine == "duckdb":
        assert {path.name for path in database.directory.iterdir()} == {"profiles.yml"}
    else:
        schemas = "select 1 from information_schema.schemata where schema_name = 'raw'"
        assert database.query(schemas) == []


def test_it_foretells_what_the_real_run_then_does(raw: RawTables) -> None:
    """Of several files, some of whose events are there, repeat, conflict, or lie in two files."""
    raw.write("0.jsonl", lines(*mixed_rows()[:100]))
    raw.append("0.jsonl")
    stored = raw.events()
    raw.write("a.jsonl", lines(*mixed_rows()))
    raw.write("b.jsonl", lines(row(1), row(2), *mixed_rows()[300:420]))
    raw.write("c.jsonl", lines(row(1, properties={"n": 1.0}), row(2), row(3), "bad"))
    raw.write("d.jsonl", lines("bad", row(3, event_name="other")))
    files = ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl")

    foretold = raw.append(*files, "--dry-run", "--json", exit_code=1).json()
    assert raw.events() == stored
    assert raw.rejected() == []
    done = raw.append(*files, "--json", exit_code=1).json()

    assert outcome(foretold) == outcome(done)
    assert (foretold["dry_run"], done["dry_run"]) == (True, False)
    for key in COUNTS:
        assert foretold[key] == done[key]
    assert foretold["duplicate"] > 100
    assert foretold["conflicting"] > 11
    again = raw.append(*files, "--dry-run", "--json", exit_code=1).json()
    assert outcome(again) == outcome(raw.append(*files, "--json", exit_code=1).json())


def test_the_same_content_written_otherwise_is_no_conflict(raw: RawTables) -> None:
    raw.write("a.jsonl", row(1, properties={"a": 1.5, "b": {"x": 1, "y": "é"}}))
    other = row(1, properties="HERE").replace('"HERE"', '{ "b": {"y": "é", "x": 1}, "a": 15e-1 }')
    raw.write("b.jsonl", other)
    files = raw.append("a.jsonl", "b.jsonl", "--dry-run", "--json").json()["files"]
    assert [file["duplicate"] for file in files] == [0, 1]
    raw.append("a.jsonl")
    assert raw.append("b.jsonl", "--dry-run", "--json").json()["duplicate"] == 1


def test_events_as_they_would_be_stored(raw: RawTables) -> None:
    raw.write(
        "a.csv",
        "event,time,who,price\n"
        "signup,2024-03-01T09:30:00+01:00,u1,19.90\n"
        + "".join(f"login,2024-03-01T08:{n:02}:00Z,u{n},\n" for n in range(10, 20))
        + "login,yesterday,u1,5\n",
    )
    options = ["--map", "user_id=who", "--map", "properties=*"]

    result = raw.append("a.csv", *options, "--dry-run", "--json")

    [file] = result.json()["files"]
    assert [found["line"] for found in file["first_events"]] == [2, 3, 4, 5, 6]
    first = file["first_events"][0]
    assert (first["event_time"], first["user_id"], first["properties"]) == (
        "2024-03-01T08:30:00.000000Z",
        "u1",
        {"price": "19.90"},
    )
    raw.append("a.csv", *options)
    assert first["event_id"] in [stored.event_id for stored in raw.events()]
    assert file["fields"] == {
        "event_id": ["derived from the other four"],
        "event_name": ["event"],
        "event_time": ["time"],
        "user_id": ["who"],
        "properties": ["all other columns"],
    }
    assert file["first_rejected"]["invalid_event_time"] == {
        "line": 13,
        "detail": "'yesterday' is not an ISO 8601 date and time",
        "text": '{"event":"login","time":"yesterday","who":"u1","price":"5"}',
    }


def test_the_account_for_people(raw: RawTables) -> None:
    raw.write("a.csv", "event,time,user_id,plan\nlogin,2024-03-01T08:30:00Z,u1,pro\nx,y,z,a\n")
    result = raw.append("a.csv", "--dry-run")
    assert result.stdout == ""
    told = result.stderr.splitlines()
    assert told[:8] == [
        "a.csv: read 2, would append 1, duplicate 0, conflicting 0, rejected 1",
        "  Fields",
        "    event_id    derived from the other four",
        "    event_name  from event",
        "    event_time  from time",
        "    user_id     from user_id",
        "    properties  from nothing, so it is {}",
        "  Left unread: plan; --map 'properties=*' keeps them",
    ]
    assert told[8:10] == ["  First events of 1", "    line 2"]
    assert told[12:15] == [
        "      event_time  2024-03-01T08:30:00.000000Z",
        "      user_id     u1",
        "      properties  {}",
    ]
    assert told[15:18] == [
        "  Not appended",
        "    invalid_event_time 1, first in line 3: 'y' is not an ISO 8601 date and time",
        '      {"event":"x","time":"y","user_id":"z","plan":"a"}',
    ]
    assert result.stderr.count("Left unread") == 1


def fields(raw: RawTables, *arguments: str) -> tuple[dict[str, list[str]], list[str]]:
    [file] = raw.append(*arguments, "--dry-run", "--json").json()["files"]
    return file["fields"], file["unread"]


def test_fields_of_mappings_and_presets(raw: RawTables) -> None:
    raw.write("c.csv", "at,who,id,plan\n1709281800,u1,7,pro\n1709281801,,8,free\n")
    maps = ["event_name='call'", "event_time=at", "user_id=who,id", "event_id="]
    options = [part for pair in maps for part in ("--map", pair)]
    found, unread = fields(raw, "c.csv", *options, "--time-format", "epoch-s")
    assert found == {
        "event_id": ["derived from the other four"],
        "event_name": ["the text 'call'"],
        "event_time": ["at"],
        "user_id": ["who", "id"],
        "properties": ["nothing"],
    }
    assert unread == ["plan"]

    raw.write(
        "m.jsonl",
        '{"event": "x", "extra": 1, "properties": {"time": 1709281800, "distinct_id": "a", '
        '"$insert_id": "b", "plan": "pro"}}',
    )
    found, unread = fields(raw, "m.jsonl", "--from", "mixpanel")
    assert (found["user_id"], found["event_time"]) == (
        ["/properties/distinct_id"],
        ["/properties/time"],
    )
    assert unread == ["extra"]
    assert "--map" not in raw.append("m.jsonl", "--from", "mixpanel", "--dry-run").stderr


def test_a_protocol_says_itself_where_its_fields_are(raw: RawTables) -> None:
    raw.write(
        "s.jsonl",
        '{"type": "track", "event": "x", "userId": "u", "messageId": "m", "foo": 1, '
        '"timestamp": "2024-03-01T08:30:00Z", "properties": {"n": 1}}',
    )
    found, unread = fields(raw, "s.jsonl", "--from", "segment")
    assert set(map(tuple, found.values())) == {("the message, by --from segment",)}
    assert unread == ["foo"]


def test_several_events_of_a_row_have_its_line(raw: RawTables) -> None:
    raw.write("m.yml", "rows: items\nfields: {event_name: kind, user_id: /../who}\n")
    item = {"kind": "a", "event_time": "2024-03-01T08:30:00Z"}
    rows = [{"who": who, "items": [item, {**item, "kind": "b"}]} for who in ("ann", "bob")]
    raw.write("r.jsonl", "\n".join(map(json.dumps, rows)))
    report = raw.append("r.jsonl", "--mapping", "m.yml", "--dry-run", "--json").json()
    shown = [(found["line"], found["event_name"]) for found in report["files"][0]["first_events"]]
    assert shown == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert report["files"][0]["unread"] == []


def test_nothing_in_it_moves_the_cursor_or_fills_the_screen(raw: RawTables) -> None:
    raw.write("a.jsonl", event("\x1b[2Ju", properties={"x": "y" * 5000}))
    result = raw.append("a.jsonl", "--dry-run")
    assert "\\x1b[2Ju" in result.stderr
    assert max(map(len, result.stderr.splitlines())) < 400


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (lines("bad", "bad"), [], "nothing of a.jsonl would be appended. All of its 2 rows"),
        (lines(row(1), "bad"), ["--strict"], "nothing would be appended, because of --strict: 1"),
        (lines(row(1), "bad"), ["--max-rejected", "1%"], "1 of 2 rows are rejected or conflict"),
        ("[1", ["--format", "parquet"], "is not Parquet"),
        ("event,time\n", ["--format", "csv"], "has no column for user_id"),
    ],
)
def test_it_fails_as_the_real_run_would(
    raw: RawTables, content: str, options: list[str], message: str
) -> None:
    raw.write("a.jsonl", content)
    result = raw.append("a.jsonl", *options, "--dry-run", exit_code=1)
    assert message in result.stderr
    assert "Nothing was written, because of --dry-run." in result.stderr
    raw.append("a.jsonl", *options, exit_code=1)


def test_with_strict_every_file_fails_and_is_still_counted(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(row(1), row(2)))
    raw.write("b.jsonl", lines(row(2, event_name="other"), row(3)))
    report = raw.append("a.jsonl", "b.jsonl", "--strict", "--dry-run", "--json", exit_code=1).json()
    assert [(file["appended"], file["conflicting"]) for file in report["files"]] == [(2, 0), (1, 1)]
    assert all("--strict" in file["error"] for file in report["files"])


def test_what_is_beyond_the_limit_is_not_there_for_the_next_file(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(row(1), "bad"))
    raw.write("b.jsonl", lines(row(1)))
    options = ["--max-rejected", "0", "--json"]
    foretold = raw.append("a.jsonl", "b.jsonl", "--dry-run", *options, exit_code=1).json()
    assert foretold["files"][1]["appended"] == 1
    assert raw.append("a.jsonl", "b.jsonl", *options, exit_code=1).json()["appended"] == 1


def test_standard_input_and_an_empty_one(raw: RawTables) -> None:
    result = raw.append("-", "--dry-run", "--json", stdin=row(1).encode())
    assert result.json()["files"][0]["first_events"][0]["user_id"] == "u1"
    assert "Empty: - has no rows." in raw.append("-", "--dry-run", stdin=b"").stderr


def test_a_build_may_write_while_a_source_is_read(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    """The DuckDB file is open only while ids are compared, not while input is waited for."""
    database = make_database("duckdb")
    raw = new_raw_tables(database, tmp_path)
    command = ("append", "-", "--dry-run", "--json", "--raw-schema", raw.schema)
    with start_loader(*command, database=database) as process:
        assert process.stdin is not None
        process.stdin.write(f"{row(1)}\n".encode())
        process.stdin.flush()
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(3)
            raw.write("a.jsonl", row(1))
            raw.append("a.jsonl", "--lock-timeout", "0")
        finally:
            out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert b'"duplicate": 1' in out


def test_a_duckdb_file_that_is_held_is_told(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = make_database("duckdb")
    raw = new_raw_tables(database, tmp_path)
    raw.write("a.jsonl", row(1))
    hold = (
        "import duckdb, sys\nconnection = duckdb.connect(sys.argv[1])\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, database.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        result = raw.append("a.jsonl", "--dry-run", "--lock-timeout", "0", exit_code=1)
        holder.communicate()
    assert f"is in use by process {holder.pid}" in result.stderr


def test_erased_events_are_not_new(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(row(1), row(2), row(2, event_name="other")))
    raw.append("a.jsonl")
    erase = ("erase", "--user", "u2", "--raw-schema", raw.schema)
    run_loader(*erase, database=raw.database, check=True)
    foretold = raw.append("a.jsonl", "--dry-run", "--json").json()
    assert outcome(foretold) == outcome(raw.append("a.jsonl", "--json").json())
    assert foretold["appended"] == 0


def test_postgres_needs_no_more_than_select(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = make_database("postgres")
    raw = new_raw_tables(database, tmp_path)
    raw.write("a.jsonl", lines(row(1), row(2)))
    raw.append("a.jsonl")
    role = f"reader_{raw.schema}"
    for statement in (
        f"create role {role} login",
        f"grant usage on schema {raw.schema} to {role}",
        f"grant select on {raw.schema}.events, {raw.schema}.erased_events to {role}",
    ):
        database.execute(statement)
    try:
        raw.write("b.jsonl", lines(row(2), row(2, event_name="x"), row(3)))
        report = raw.append("b.jsonl", "--dry-run", "--json", env={"PGUSER": role}).json()
        assert [report[key] for key in COUNTS[1:4]] == [1, 1, 1]
    finally:
        database.execute(f"drop owned by {role}")
        database.execute(f"drop role {role}")


def test_the_readme_shows_what_is_really_printed(tmp_path: Path) -> None:
    readme = (REPOSITORY / "README.md").read_text()
    _, _, section = readme.partition("### Loading your events")
    content, shown = section.split("```")[1:4:2]
    (tmp_path / "shop.csv").write_text(content.removeprefix("\n"))
    shutil.copyfile(REPOSITORY / "profiles.example.yml", tmp_path / "profiles.yml")

    result = run_loader("append", "shop.csv", "--dry-run", cwd=tmp_path)

    def untimed(text: str) -> list[str]:
        return re.sub(r"in [0-9.]+ s \([0-9,]+ rows/s\)", "in no time", text).splitlines()

    assert untimed(result.stderr) == untimed(shown.removeprefix("\n"))
    assert {path.name for path in tmp_path.iterdir()} == {"shop.csv", "profiles.yml"}
