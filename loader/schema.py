"""The raw tables: ``events`` and ``rejected_events`` in the raw schema (DDL in ``loader/sql``).

What makes them append-only: in PostgreSQL a statement trigger on each table, which holds for the
owner too, and roles that may only insert (``loader.roles``); in DuckDB only the loader's habit.
"""

from __future__ import annotations

import re
from importlib import resources

import duckdb
import psycopg

from loader.errors import LoaderError
from loader.failures import database_errors
from loader.names import quoted
from loader.postgres import open_postgres
from loader.target import Engine, Target, open_duckdb

#: Columns of the raw tables and their types, named as PostgreSQL does.
RAW_COLUMNS = {
    "events": {
        "event_id": "uuid",
        "event_name": "text",
        "event_time": "timestamp with time zone",
        "user_id": "text",
        "properties": "jsonb",
        "ingested_at": "timestamp with time zone",
    },
    "rejected_events": {
        "rejected_id": "uuid",
        "reason": "text",
        "detail": "text",
        "original_text": "text",
        "source": "text",
        "line": "bigint",
        "rejected_at": "timestamp with time zone",
    },
}
_DUCKDB_TYPES = {"text": "varchar", "jsonb": "json"}

# Two programs that create the same tables at once take turns; the number means nothing else.
_ADVISORY_LOCK = 4_711_062_839

_POSTGRES_PARTS = """
select 'schema ' || nspname from pg_namespace where nspname = %(raw)s
union all
select 'table ' || nspname || '.' || relname
from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
where nspname = %(raw)s and relkind in ('r', 'p')
union all
select 'primary key of ' || nspname || '.' || relname
from pg_constraint
inner join pg_class on pg_class.oid = conrelid
inner join pg_namespace on pg_namespace.oid = relnamespace
where nspname = %(raw)s and contype = 'p'
union all
select 'append-only trigger of ' || nspname || '.' || relname
from pg_trigger
inner join pg_class on pg_class.oid = tgrelid
inner join pg_namespace on pg_namespace.oid = relnamespace
where nspname = %(raw)s and tgname = 'append_only' and tgenabled <> 'D'
"""

_DUCKDB_PARTS = """
select 'schema ' || schema_name from information_schema.schemata
where catalog_name = current_database() and schema_name = $raw
union all
select 'table ' || table_schema || '.' || table_name from information_schema.tables
where table_catalog = current_database() and table_schema = $raw
"""

_COLUMNS = """
select table_name, column_name, lower(data_type) from information_schema.columns
where table_catalog = current_database() and table_schema = {}
"""

_OTHER_SCHEMA = (
    "Rename that table, or keep the raw tables elsewhere with --raw-schema "
    "(and dbt's variable raw_schema)."
)


def create_tables(target: Target) -> list[str]:
    """Create what is missing of the raw schema and its tables, all of it or nothing.

    Returns what was created, in words; an empty list when everything was there already. Raises
    LoaderError when the database refuses, or holds tables of these names with other columns.
    """
    with database_errors(target, "creating the raw tables"):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                return create_in_postgres(target, connection)
        with open_duckdb(target) as database:
            return _create_in_duckdb(target, database)


def statements(name: str, **identifiers: str | tuple[str, ...]) -> str:
    """SQL of ``loader/sql/<name>.sql``, with each ``{placeholder}`` as a quoted identifier.

    An identifier of several parts has a dot between them.
    """

    def quoted_parts(found: re.Match[str]) -> str:
        identifier = identifiers[found[1]]
        parts = (identifier,) if isinstance(identifier, str) else identifier
        return ".".join(map(quoted, parts))

    return re.sub(r"\{(\w+)\}", quoted_parts, text_of(name))


def text_of(name: str) -> str:
    """SQL of ``loader/sql/<name>.sql`` as it stands there."""
    return (resources.files("loader") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def create_in_postgres(target: Target, connection: psycopg.Connection) -> list[str]:
    """The same for PostgreSQL in the open transaction, which the caller commits."""
    raw = target.raw_schema

    def missing() -> set[str]:
        found = {part for (part,) in connection.execute(_POSTGRES_PARTS, {"raw": raw})}
        return _expected_parts(target) - found

    created = missing()
    if created:
        connection.execute("select pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        created = missing()
    if created:
        # As bytes: psycopg takes text only where it is a literal of the program.
        connection.execute(statements("create_tables_postgres", raw=raw).encode())
    _check_columns(target, connection.execute(_COLUMNS.format("%s").encode(), [raw]).fetchall())
    if created:
        if missing():
            raise LoaderError(
                f"{target.label} has tables of its own in schema {raw!r}: there is no "
                f"{' and no '.join(sorted(missing()))}. {_OTHER_SCHEMA}"
            )
        for name in ("create_indexes_postgres", "comments"):
            connection.execute(statements(name, raw=raw).encode())
    return _in_order(created)


def _create_in_duckdb(target: Target, connection: duckdb.DuckDBPyConnection) -> list[str]:
    raw = target.raw_schema
    found = {part for (part,) in connection.execute(_DUCKDB_PARTS, {"raw": raw}).fetchall()}
    created = _expected_parts(target) - found
    connection.begin()
    if created:
        connection.execute(statements("create_tables_duckdb", raw=target.parts(raw)))
    _check_columns(target, connection.execute(_COLUMNS.format("?"), [raw]).fetchall())
    if created:
        connection.execute(statements("comments", raw=target.parts(raw)))
    connection.commit()
    return _in_order(created)


def _expected_parts(target: Target) -> set[str]:
    raw = target.raw_schema
    kinds = ["table"]
    if target.engine == "postgres":
        kinds += ["primary key of", "append-only trigger of"]
    parts = {f"{kind} {raw}.{table}" for kind in kinds for table in RAW_COLUMNS}
    return parts | {f"schema {raw}"}


def _in_order(parts: set[str]) -> list[str]:
    """The schema first, then the tables, then what belongs to them."""
    order = ("schema", "table", "primary", "append-only")
    return sorted(parts, key=lambda part: (order.index(part.split()[0]), part))


def _check_columns(target: Target, found: list[tuple[str, str, str]]) -> None:
    """Refuse tables that were there before with other columns; they would fail at each append."""
    for table, columns in RAW_COLUMNS.items():
        actual = {column: kind for name, column, kind in found if name == table}
        expected = {column: _column_type(kind, target.engine) for column, kind in columns.items()}
        # A user without any right on a table of PostgreSQL sees no columns; that is not wrong.
        if actual and actual != expected:
            wrong = sorted(
                column
                for column in actual.keys() | expected.keys()
                if actual.get(column) != expected.get(column)
            )
            raise LoaderError(
                f"{target.label} already has a table {target.raw_schema}.{table} with other "
                f"columns (see {', '.join(wrong)}). {_OTHER_SCHEMA}"
            )


def _column_type(kind: str, engine: Engine) -> str:
    return _DUCKDB_TYPES.get(kind, kind) if engine == "duckdb" else kind
