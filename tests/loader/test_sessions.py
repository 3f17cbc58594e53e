"""Whatever server, database, user or environment are set to, the same rows come in and go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.loader.raw_tables import event
from tests.support.databases import Database, Engine
from tests.support.run import run_loader

TEXTS = ("é", "日本", "🙂", "back\\slash", "quo'te", 'dou"ble', "ß\u00a0\u2028€", "\\u00e9")
ID = "6f1d1c5e-3f83-4a44-8a37-000000000001"

GOOD = [
    *(
        json.dumps(
            json.loads(event(f"{text} {n}", event_name=text, properties={text: [text, n / 3]})),
            ensure_ascii=n % 2 == 0,
        )
        for n, text in enumerate(TEXTS)
    ),
    event("first", id=ID, event_time="2025-01-02T03:04:05.678901+09:00"),
    event("day and month", event_time="2025-11-12T23:59:59.999999-03:30"),
    # none that the fast lane takes
    ' { "name" : "\\u00e9t\\u00e9 \\ud83d\\ude42", "userId" : 7, "time": "2025-01-02t03:04:05z" }',
]
BAD = ["日本 is no JSON: é \\", event("é", event_time="02.01.2025"), event("", event_name="日本")]
CONFLICT = event("日本", id=ID, event_name="é", event_time="2025-02-01T03:04:05Z")

SETTINGS: dict[str, dict[str, str]] = {
    "sql_dmy": {"datestyle": "SQL, DMY", "intervalstyle": "sql_standard"},
    "german": {
        "datestyle": "German",
        "client_encoding": "LATIN1",
        "bytea_output": "escape",
        "extra_float_digits": "-15",
        "default_transaction_isolation": "serializable",
    },
    "postgres": {
        "datestyle": "Postgres, DMY",
        "client_encoding": "SQL_ASCII",
        "standard_conforming_strings": "off",
        "timezone": "Asia/Kathmandu",
        "search_path": "nowhere",
    },
    "japanese": {"client_encoding": "EUC_JP", "timezone": "America/St_Johns"},
}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "styles": {"PGDATESTYLE": "German", "PGTZ": "Asia/Kathmandu", "PGCLIENTENCODING": "LATIN1"},
    "options": {
        "PGOPTIONS": "-c datestyle=SQL,DMY -c standard_conforming_strings=off"
        " -c statement_timeout=1 -c lock_timeout=1 -c idle_in_transaction_session_timeout=1"
    },
}


def set_database(database: Database, settings: Mapping[str, str]) -> None:
    """Let all sessions of a database begin so."""
    for name, value in settings.items():
        database.execute(f"alter database {database.name} set {name} to '{value}'")


def recreate(database: Database, encoding: str) -> None:
    """Put an empty database of that encoding in the place of one."""
    assert database.server is not None
    database.server.drop_database(database.name)
    with database.server.connect() as connection:
        connection.execute(
            f"create database {database.name} template template0 encoding '{encoding}'"
            " locale 'C'".encode()
        )


def appended(database: Database, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All that is to be seen of appending a file, appending it again by stdin, and its rejects."""
    run_loader("init", database=database, env=env, check=True)
    path = database.directory / "événements.jsonl"
    path.write_text("\n".join([*GOOD, *BAD]), encoding="utf-8")
    again = "\n".join([CONFLICT, *GOOD, *BAD]).encode()
    options: dict[str, Any] = {"database": database, "env": env, "check": True}
    first = run_loader("append", "--json", "événements.jsonl", cwd=database.directory, **options)
    second = run_loader("append", "--json", "-", stdin=again, **options)
    written = database.directory / "rejects.jsonl"
    rejects = run_loader("rejects", "--json", "--output", written, **options)
    counted = ("read", "appended", "duplicate", "conflicting", "rejected")
    return {
        "reports": [[report.json()[name] for name in counted] for report in (first, second)],
        "rejects": [
            {key: entry[key] for key in ("reason", "rows")} for entry in rejects.json()["reasons"]
        ],
        "written": sorted(written.read_text(encoding="utf-8").splitlines()),
        "events": [
            (*row[:-1], json.loads(row[-1]))
            for row in database.query(
                "select cast(event_id as varchar), event_name, event_time, user_id,"
                " cast(properties as varchar) from raw.events order by event_id"
            )
        ],
        "rejected": database.query(
            "select cast(rejected_id as varchar), reason, detail, original_text, source, line"
            " from raw.rejected_events order by rejected_id"
        ),
    }


@pytest.fixture(scope="module")
def plain(make_session_database: MakeDatabase) -> dict[Engine, dict[str, Any]]:
    """What comes of it on each engine as it is."""
    engines: tuple[Engine, ...] = ("duckdb", "postgres")
    return {engine: appended(make_session_database(engine)) for engine in engines}


def test_every_text_is_stored_as_it_came(plain: dict[Engine, dict[str, Any]]) -> None:
    found = plain["postgres"]
    assert found == plain["duckdb"]
    assert found["reports"] == [[14, 11, 0, 0, 3], [15, 0, 11, 1, 3]]
    assert {name for _, name, *_ in found["events"]} > set(TEXTS)
    assert BAD[0] in {text for *_, text, _, _ in found["rejected"]}
    assert len(found["rejected"]) == 7


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_of_the_database_change_no_row(
    make_database: MakeDatabase, plain: dict[Engine, dict[str, Any]], settings: str
) -> None:
    database = make_database("postgres")
    set_database(database, SETTINGS[settings])

    assert appended(database) == plain["postgres"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_variables_of_libpq_change_no_row(
    make_database: MakeDatabase, plain: dict[Engine, dict[str, Any]], environment: str
) -> None:
    database = make_database("postgres")

    assert appended(database, ENVIRONMENTS[environment]) == plain["postgres"]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP", "WIN1252"])
@pytest.mark.parametrize(
    "command", [("init",), ("init", "--roles"), ("append", "-"), ("rejects",)], ids=" ".join
)
def test_a_database_that_cannot_hold_every_text_is_refused(
    encoded: dict[str, Database], encoding: str, command: tuple[str, ...]
) -> None:
    database = encoded[encoding]

    result = run_loader(*command, database=database, stdin=event("ascii"))

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f"database '{database.name}'" in result.stderr
    assert f"has the encoding {encoding}" in result.stderr
    assert "--encoding UTF8" in result.stderr
    assert database.query("select count(*) from pg_namespace where nspname = 'raw'") == [(0,)]


@pytest.fixture(scope="module")
def encoded(make_session_database: MakeDatabase) -> dict[str, Database]:
    """An empty database of each of some encodings."""
    made: dict[str, Database] = {}
    for encoding in ("LATIN1", "SQL_ASCII", "EUC_JP", "WIN1252"):
        database = make_session_database("postgres")
        recreate(database, encoding)
        made[encoding] = database
    return made


def test_a_database_that_may_only_be_read_says_so(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    set_database(database, {"default_transaction_read_only": "on"})

    result = run_loader("append", "-", database=database, stdin=event())

    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "default_transaction_read_only" in result.stderr
