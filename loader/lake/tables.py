"""The raw tables of a lake as DuckDB has them: views over its files, and small tables."""

from __future__ import annotations

from dataclasses import asdict

import duckdb

from loader import quiet_duckdb
from loader.lake.manifest import Manifest, State
from loader.lake.parquet import EVENT_COLUMNS, insert_objects, parquet
from loader.lake.storage import Storage, open_storage
from loader.names import quoted
from loader.targets.base import Target

#: Columns of the raw tables beside events, by DuckDB's names.
COLUMNS = {
    "rejected_events": {
        "rejected_id": "uuid",
        "reason": "varchar",
        "detail": "varchar",
        "original_text": "varchar",
        "source": "varchar",
        "line": "bigint",
        "rejected_at": "timestamptz",
    },
    "deliveries": {
        "delivery_id": "uuid",
        "source": "varchar",
        "delivered_at": "timestamptz",
        **dict.fromkeys(("read", "appended", "duplicate", "conflicting", "rejected"), "bigint"),
    },
    "removals": {
        "removal_id": "uuid",
        "action": "varchar",
        "delivery_id": "uuid",
        "removed_at": "timestamptz",
        "removed_by": "varchar",
        **dict.fromkeys(("users", "events", "rejected"), "bigint"),
    },
    "removed_users": {"removal_id": "uuid", "user_hash": "varchar"},
    "removed_events": {"removal_id": "uuid", "ingested_at": "timestamptz", "events": "bigint"},
    "erased_events": {"event_hash": "varchar", "erased_at": "timestamptz"},
}
#: Those that a state names files of.
REMOVAL_TABLES = ("removals", "removed_users", "removed_events", "erased_events")
#: An event's own columns, as the raw table has them.
EVENT_TYPES = {**EVENT_COLUMNS, "event_id": "uuid"}


def manifest_of(target: Target, storage: Storage | None = None) -> Manifest:
    """The manifest of a target's organisation."""
    return Manifest(storage or open_storage(target.lake_address), target.organisation)


def events_query(storage: Storage, names: list[str]) -> str:
    """A select of all rows of files, with the columns of `raw.events`."""
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in EVENT_TYPES.items())
    if not names:
        return no_rows(EVENT_TYPES)
    return f"select {columns} from {parquet(storage, names)}"


def no_rows(columns: dict[str, str]) -> str:
    """A select of nothing with these columns."""
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    return f"select {nulls} where false"


def small_query(storage: Storage, state: State, table: str) -> str:
    """A select of the rows of a table of removals, or of rejected rows, each of these once."""
    if table == "rejected_events":
        names = list(state.rejected_files)
    else:
        names = state.tables.get(table, [])
    if not names:
        return no_rows(COLUMNS[table])
    found = f"select {', '.join(COLUMNS[table])} from {parquet(storage, names)}"
    if table == "rejected_events":
        return (
            "select distinct on (rejected_id) * from "
            f"({found}) as rejected order by rejected_id, rejected_at"
        )
    return found


def fill_deliveries(connection: duckdb.DuckDBPyConnection, table: str, state: State) -> None:
    """Make the table of deliveries."""
    columns = COLUMNS["deliveries"]
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table {table} ({described})")
    rows = [
        {name: value for name, value in asdict(delivery).items() if name in columns}
        for delivery in state.deliveries
    ]
    insert_objects(connection, table, columns, rows)


def open_lake(target: Target) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with the raw tables of a lake, for reading.

    Without tables where `loader init` has not run. Events are all rows, also later ones of an id.
    Raises LoaderError.
    """
    manifest = manifest_of(target)
    state = manifest.load()
    connection = quiet_duckdb.connect()
    manifest.storage.let_read(connection)
    if state is not None:
        place = quoted(target.raw_schema)
        connection.execute(f"create schema {place}")
        names = [file.name for file in state.files]
        connection.execute(f"create view {place}.events as {events_query(manifest.storage, names)}")
        fill_deliveries(connection, f"{place}.deliveries", state)
        for table in ("rejected_events", *REMOVAL_TABLES):
            query = small_query(manifest.storage, state, table)
            connection.execute(f"create view {place}.{table} as {query}")
    return connection
