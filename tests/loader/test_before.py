"""`loader init` over raw tables that an earlier version has made and filled.

The dumps in `before/` are of version fd5ac62: two files of three events, a row that is no event,
and one that conflicts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loader.schema import RAW_COLUMNS
from scripts.postgres import PostgresServer
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event
from tests.support.databases import Database, Engine
from tests.support.run import LoaderResult, run_loader

DUMPS = Path(__file__).parent / "before"
ROLES = ("before_loader", "before_transformer", "before_reader")
NEW = [table for table in RAW_COLUMNS if table not in ("events", "rejected_events")]


@pytest.fixture
def before(engine: Engine, make_database: MakeDatabase, tmp_path: Path) -> Iterator[RawTables]:
    """The tables as they were."""
    database = make_database(engine)
    if engine == "duckdb":
        shutil.copytree(DUMPS / "duckdb", tmp_path / "dump")
        load = tmp_path / "dump" / "load.sql"
        load.write_text(load.read_text().replace("FROM '", f"FROM '{tmp_path / 'dump'}/"))
        database.execute(f"import database '{tmp_path / 'dump'}'")
        yield RawTables(database, "raw", tmp_path)
        return
    for role in ROLES:
        database.execute(f"create role {role}")
    with database.connect() as connection:
        connection.execute((DUMPS / "postgres.sql").read_bytes())
    yield RawTables(database, "raw", tmp_path)
    for role in ROLES:
        database.execute(f"drop owned by {role}")
        database.execute(f"drop role {role}")


def deliveries(raw: RawTables) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = run(raw, "deliveries", "--json").json()["deliveries"]
    return listed


def run(raw: RawTables, *args: str, exit_code: int = 0) -> LoaderResult:
    result = run_loader(*args, database=raw.database)
    assert result.exit_code == exit_code, result.stderr
    return result


def rows(database: Database) -> list[Any]:
    return [database.rows(f"raw.{table}") for table in ("events", "rejected_events")]


def test_an_append_asks_for_init(before: RawTables) -> None:
    refused = before.append(before.write("new.jsonl", event("cay")), exit_code=1)
    assert "of an earlier version. Create what is missing with: loader init" in refused.stderr
    assert len(before.events()) == 3


def test_init_loses_nothing_and_makes_one_delivery_of_it(before: RawTables) -> None:
    was = rows(before.database)

    created = run(before, "init").stderr

    assert all(f"Created table raw.{table}\n" in created for table in NEW)
    assert "Created table raw.events\n" not in created
    assert rows(before.database) == was
    [found] = deliveries(before)
    names = ("source", "read", "appended", "duplicate", "conflicting", "rejected")
    assert [found[name] for name in names] == ["before", 5, 3, 0, 1, 1]
    assert run(before, "init").stderr.startswith("Nothing to do: ")
    assert len(deliveries(before)) == 1


def test_what_was_before_can_be_withdrawn_without_what_came_later(before: RawTables) -> None:
    run(before, "init")
    before.append(before.write("new.jsonl", event("cay") + "\nno event of the new ones"))
    assert [found["source"] for found in deliveries(before)][1:] == ["before"]

    done = run(before, "withdraw", deliveries(before)[1]["delivery_id"], "--json").json()

    assert (done["events"], done["rejected"]) == (3, 2)
    assert before.users() == ["cay"]
    assert [row.text for row in before.rejected()] == ["no event of the new ones"]


def test_what_came_later_can_be_withdrawn_without_what_was_before(before: RawTables) -> None:
    run(before, "init")
    was = rows(before.database)
    before.append(before.write("new.jsonl", event("cay")))
    run(before, "withdraw", deliveries(before)[0]["delivery_id"])
    assert rows(before.database) == was
    run(before, "erase", "--user", "ann")
    assert before.users() == ["bob"]
    assert before.reasons() == [(3, "not_json")]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_roles_of_before_get_at_what_they_need_and_no_more(before: RawTables) -> None:
    run(before, "init")
    granted = before.database.query(
        "select grantee, table_name, privilege_type from information_schema.role_table_grants"
        " where table_schema = 'raw' and grantee = any(%s)",
        [list(ROLES)],
    )
    added = {grant for grant in granted if grant[1] in NEW}
    reads = {(role, table, "SELECT") for role in ROLES[:2] for table in NEW}
    assert added == reads | {("before_loader", "deliveries", "INSERT")}


def test_organisations_of_before_are_seen_to_as_well(
    make_database: MakeDatabase,
    postgres_server: PostgresServer,  # noqa: ARG001 (one server for both engines' tests)
    engine: Engine,
) -> None:
    database = make_database(engine)
    run_loader("init", database=database, check=True)
    run_loader("init", "--org", "acme", database=database, check=True)
    for table in NEW:
        database.execute(f"drop table raw_acme.{table}")
    assert "Created table raw_acme.deliveries\n" in run_loader("init", database=database).stderr
