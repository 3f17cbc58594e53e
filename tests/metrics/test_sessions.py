"""What a PostgreSQL database is set to changes no row of any view, and no build fails by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.loader.test_sessions import recreate, set_database
from tests.metrics.views import PublicViews, difference
from tests.reference import VIEWS
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

pytestmark = [pytest.mark.slow, pytest.mark.unusual]

SETTINGS = {
    "datestyle": "German",
    "intervalstyle": "iso_8601",
    "timezone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "search_path": "nowhere",
    "client_encoding": "LATIN1",
}


def append(database: Database, lines: list[str]) -> None:
    events = "\n".join(lines)
    run_loader("append", "-", database=database, stdin=events, check=True)


def test_settings_change_no_row_with_and_without_rollups(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    size = ("--events", "1500", "--users", "60", "--days", "40", "--seed", "1")
    run_loader("generate", *size, "--output", tmp_path / "events.jsonl", check=True)
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    plain, odd = make_database("postgres"), make_database("postgres")
    set_database(odd, SETTINGS)
    for database in (plain, odd):
        run_loader("init", database=database, check=True)
    append(plain, lines)
    run_dbt(*BUILD_UNTESTED, database=plain)
    for part in (lines[:700], lines[700:]):
        append(odd, part)
        run_dbt(
            *BUILD_UNTESTED,
            database=odd,
            variables={"rollups": "incremental"},
            env={"PGCLIENTENCODING": "UTF8"},
        )

    with PublicViews(plain) as expected, PublicViews(odd) as found:
        for view in VIEWS:
            rows = expected.rows(view)
            assert not difference(view, rows, found.rows(view), ("plain", "odd"))


def test_where_not_every_text_can_be_sent_dbt_says_what_to_do(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    set_database(database, {"client_encoding": "LATIN1"})
    run_loader("init", database=database, check=True)
    command = ("run", "--select", "stg_events")

    refused = run_dbt(*command, database=database, check=False)
    assert not refused.success
    assert "client_encoding of user or database is LATIN1" in refused.output
    assert "PGCLIENTENCODING=UTF8" in refused.output
    run_dbt(*command, database=database, env={"PGCLIENTENCODING": "UTF8"})
    built = run_loader(
        *("build", "--quick", "--", "--select", "stg_events", "--quiet"),
        *("--target-path", database.directory / "target"),
        database=database,
    )
    assert built.exit_code == 0, "loader build knows what to do by itself"


def test_a_database_that_cannot_hold_every_text_is_refused(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    recreate(database, "SQL_ASCII")

    refused = run_dbt("run", database=database, check=False)

    assert not refused.success
    assert "has the encoding SQL_ASCII" in refused.output
