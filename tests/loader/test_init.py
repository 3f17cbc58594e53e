"""`loader init`: what it creates, that it may be repeated, and that raw rows stay as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from loader.schema import RAW_COLUMNS
from tests.conftest import MakeDatabase
from tests.support.databases import Database
from tests.support.run import run_loader, run_loader_process

EVENT = (
    "insert into raw.events values ('0b0a3d44-5cb7-4a3e-9d5a-000000000001', 'signed_up',"
    " '2024-03-01T10:00:00Z', 'u1', '{}', now())"
)
REJECTED = (
    "insert into raw.rejected_events values ('0b0a3d44-5cb7-4a3e-9d5a-000000000002', 'not_json',"
    " null, 'x', 'a.jsonl', 1, now())"
)


def catalog(database: Database) -> list[tuple[object, ...]]:
    """Everything that init could change, with PostgreSQL's own row versions."""
    if database.engine == "duckdb":
        return database.query(
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where schema_name = 'raw' order by all"
        )
    return database.query(
        "select relname, oid::text, xmin::text, relacl::text from pg_class"
        " where relnamespace = 'raw'::regnamespace"
        " union all select tgname, oid::text, xmin::text, tgenabled::text from pg_trigger"
        " union all select proname, oid::text, xmin::text, prosrc from pg_proc"
        " where pronamespace = 'raw'::regnamespace order by 1, 2"
    )


def test_creates_all_tables_and_says_so(database: Database) -> None:
    result = run_loader("init", database=database)

    assert result.exit_code == 0
    assert result.stdout == ""
    for table in RAW_COLUMNS:
        assert f"Created table raw.{table}\n" in result.stderr
    duckdb_types = {"text": "varchar", "jsonb": "json"}
    for table, columns in RAW_COLUMNS.items():
        assert database.columns(f"raw.{table}") == [
            (name, duckdb_types.get(kind, kind) if database.engine == "duckdb" else kind)
            for name, kind in columns.items()
        ]


def test_every_table_and_column_has_a_comment(database: Database) -> None:
    run_loader("init", database=database, check=True)

    if database.engine == "duckdb":
        comments = database.query(
            "select comment from duckdb_columns() where schema_name = 'raw' union all"
            " select comment from duckdb_tables() where schema_name = 'raw'"
        )
    else:
        comments = database.query(
            "select col_description(attrelid, attnum) from pg_attribute"
            " where attrelid in (select oid from pg_class where relkind = 'r'"
            " and relnamespace = 'raw'::regnamespace)"
            " and attnum > 0 union all"
            " select obj_description(oid) from pg_class"
            " where relkind = 'r' and relnamespace = 'raw'::regnamespace"
        )
    assert len(comments) == sum(len(columns) + 1 for columns in RAW_COLUMNS.values())
    assert all(comment for (comment,) in comments)


def test_running_it_again_changes_nothing_and_says_so(database: Database) -> None:
    run_loader("init", database=database, check=True)
    database.execute(EVENT)
    before = catalog(database)

    result = run_loader("init", database=database)

    assert result.exit_code == 0
    assert result.stderr.startswith("Nothing to do: ")
    assert catalog(database) == before
    assert database.query("select count(*) from raw.events") == [(1,)]


def test_another_raw_schema_and_names_that_need_quotes(database: Database) -> None:
    for schema in ('Raw "x";--', "raw_{raw}"):
        result = run_loader("init", "--raw-schema", schema, database=database)

        assert result.exit_code == 0, result.stderr
        found = database.query(
            "select count(*) from information_schema.tables where table_schema = "
            + ("?" if database.engine == "duckdb" else "%s"),
            [schema],
        )
        assert found == [(len(RAW_COLUMNS),)]
        again = run_loader("init", "--raw-schema", schema, database=database)
        assert again.stderr.startswith("Nothing to do: ")


def test_creates_only_what_is_missing(database: Database) -> None:
    run_loader("init", database=database, check=True)
    database.execute("drop table raw.rejected_events")

    result = run_loader("init", database=database)

    assert "Created table raw.rejected_events\n" in result.stderr
    assert "Created table raw.events\n" not in result.stderr


def test_a_column_of_another_type_is_noticed_later_too(database: Database) -> None:
    run_loader("init", database=database, check=True)
    database.execute("alter table raw.rejected_events alter column line type text")

    result = run_loader("init", database=database)

    assert result.exit_code == 1
    assert "raw.rejected_events with other columns (see line)" in result.stderr


def test_a_table_with_other_columns_is_refused_and_left_alone(database: Database) -> None:
    database.execute("create schema raw")
    database.execute("create table raw.events (event_id text, occurred_at date)")

    result = run_loader("init", database=database)

    assert result.exit_code == 1
    assert "already has a table raw.events with other columns" in result.stderr
    assert "--raw-schema" in result.stderr
    assert [name for name, _ in database.columns("raw.events")] == ["event_id", "occurred_at"]
    assert database.columns("raw.rejected_events") == []


@pytest.mark.parametrize(
    "change",
    [
        "update raw.events set event_name = 'x'",
        "update raw.events set event_name = 'x' where false",
        "delete from raw.events",
        "truncate raw.events",
        "update raw.rejected_events set reason = 'x'",
        "delete from raw.rejected_events",
        "truncate raw.rejected_events",
        "insert into raw.events table raw.events on conflict (event_id) do update set user_id = ''",
    ],
)
def test_postgres_refuses_changes_even_by_the_owner(
    make_database: MakeDatabase, change: str
) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    database.execute(EVENT)
    database.execute(REJECTED)

    with pytest.raises(psycopg.errors.RestrictViolation) as refused:
        database.execute(change)

    assert "append-only" in str(refused.value)
    assert "Append a correcting event instead" in str(refused.value)
    assert "loader erase" in str(refused.value)
    assert database.query("select event_name from raw.events") == [("signed_up",)]
    assert database.query("select reason from raw.rejected_events") == [("not_json",)]


def test_postgres_keeps_the_first_event_of_an_id(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    database.execute(EVENT)

    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute(EVENT)


def test_postgres_restores_a_trigger_that_was_switched_off(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    database.execute("alter table raw.events disable trigger append_only")

    result = run_loader("init", database=database)

    assert result.stderr == "Created append-only trigger of raw.events\n"
    with pytest.raises(psycopg.errors.RestrictViolation):
        database.execute("delete from raw.events")


def test_postgres_takes_two_at_once(make_database: MakeDatabase) -> None:
    database = make_database("postgres")

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: run_loader_process("init", database=database), range(2)))

    assert [result.exit_code for result in results] == [0, 0], results
    assert sum("Created table raw.events" in result.stderr for result in results) == 1
