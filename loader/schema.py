"""The raw tables: ``events``, ``rejected_events`` and what belongs to them (DDL in ``loader/sql``).

What makes them append-only: in PostgreSQL a statement trigger on each table, which holds for the
owner too, and roles that may only insert (``loader.roles``); in DuckDB and ClickHouse only the
loader's habit.
"""

from __future__ import annotations

import re
import uuid
from importlib import resources

import duckdb
import psycopg

from loader.columns import OTHER_SCHEMA, require_columns
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.lake.tables import manifest_of
from loader.names import quoted
from loader.postgres import open_postgres
from loader.targets import Engine, Target, open_duckdb

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
    "deliveries": {
        "delivery_id": "uuid",
        "source": "text",
        "delivered_at": "timestamp with time zone",
        "read": "bigint",
        "appended": "bigint",
        "duplicate": "bigint",
        "conflicting": "bigint",
        "rejected": "bigint",
    },
    "removals": {
        "removal_id": "uuid",
        "action": "text",
        "delivery_id": "uuid",
        "removed_at": "timestamp with time zone",
        "removed_by": "text",
        "users": "bigint",
        "events": "bigint",
        "rejected": "bigint",
    },
    "removed_users": {"removal_id": "uuid", "user_hash": "text"},
    "removed_events": {
        "removal_id": "uuid",
        "ingested_at": "timestamp with time zone",
        "events": "bigint",
    },
    "erased_events": {"event_hash": "text", "erased_at": "timestamp with time zone"},
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

# Of an earlier version there are none, or others; only an owner may make them.
_INDEXES_ARE_MISSING = """
select 1
from pg_tables
where
    schemaname = %(raw)s
    and tablename = 'events'
    and pg_has_role(tableowner, 'usage')
    and not exists (
        select 1 from pg_indexes where schemaname = %(raw)s and indexname = 'events_ahead'
    )
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


def create_tables(target: Target) -> list[str]:
    """Create what is missing of the raw schema and its tables, all of it or nothing.

    Returns what was created, in words; an empty list when everything was there already. Raises
    LoaderError when the database refuses, or holds tables of these names with other columns.
    """
    with database_errors(target, "creating the raw tables"):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                return create_in_postgres(target, connection)
        if target.engine == "clickhouse":
            return _create_in_clickhouse(target)
        if target.engine == "lake":
            created = manifest_of(target).create()
            return [f"the raw tables {target.raw_schema} in {target.label}"] if created else []
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
                f"{' and no '.join(sorted(missing()))}. {OTHER_SCHEMA}"
            )
        for name in ("create_indexes_postgres", "comments"):
            connection.execute(statements(name, raw=raw).encode())
        if f"table {raw}.deliveries" in created:
            _take_over_in_postgres(connection, raw)
    elif connection.execute(_INDEXES_ARE_MISSING, {"raw": raw}).fetchone():
        connection.execute(statements("create_indexes_postgres", raw=raw).encode())
    return _in_order(created)


def _take_over_in_postgres(connection: psycopg.Connection, raw: str) -> None:
    """Make what an earlier version has appended a delivery, and let in whom it has let in."""
    connection.execute(_deliver_before((raw,)).encode())
    grants = connection.execute(text_of("grants_as_before").encode(), {"raw": raw}).fetchall()
    for (grant,) in grants:
        connection.execute(grant.encode())


def _deliver_before(raw: tuple[str, ...]) -> str:
    return statements("deliver_before", raw=raw).replace("new_id", str(uuid.uuid4()))


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
    if f"table {raw}.deliveries" in created:
        connection.execute(_deliver_before(target.parts(raw)))
    connection.commit()
    return _in_order(created)


def _create_in_clickhouse(target: Target) -> list[str]:
    from loader.clickhouse import open_clickhouse  # noqa: PLC0415 (only who asks for it has it)
    from loader.clickhouse_schema import create  # noqa: PLC0415

    raw = target.raw_schema
    with open_clickhouse(target) as client:
        created = create(
            client,
            target,
            statements=statements("create_tables_clickhouse", raw=raw),
            comments=statements("comments", raw=raw),
            columns=RAW_COLUMNS,
        )
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
    order = ("schema", "table", "view", "primary", "append-only")
    return sorted(parts, key=lambda part: (order.index(part.split()[0]), part))


def _check_columns(target: Target, found: list[tuple[str, str, str]]) -> None:
    """Refuse tables that were there before with other columns.

    A user without any right on a table of PostgreSQL sees no columns; that is not wrong.
    """
    for table, columns in RAW_COLUMNS.items():
        actual = {column: kind for name, column, kind in found if name == table}
        expected = {column: _column_type(kind, target.engine) for column, kind in columns.items()}
        require_columns(target, table, actual, expected)


def _column_type(kind: str, engine: Engine) -> str:
    return _DUCKDB_TYPES.get(kind, kind) if engine == "duckdb" else kind
