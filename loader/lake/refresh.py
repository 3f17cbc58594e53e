"""The raw tables of a lake in the DuckDB file beside it: views over the files that it has now."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from loader.errors import LoaderError
from loader.lake.manifest import Delivery, Manifest, State
from loader.lake.parquet import parquet
from loader.lake.repeats import REPEATED, files_of, find_repeats
from loader.lake.storage import Storage
from loader.lake.tables import (
    COLUMNS,
    REMOVAL_TABLES,
    events_query,
    fill_deliveries,
    small_query,
)
from loader.names import quoted

# Another one where what is made here has changed.
_VERSION = 1
#: Removals that are none of the lake's: events that made room for an earlier delivery's.
_DISPLACED = ("removals", "removed_users", "removed_events")


@dataclass(frozen=True, slots=True)
class _Place:
    """Names of the tables in the file."""

    schema: str

    def __getattr__(self, name: str) -> str:
        return f"{self.schema}.{name}"


def refresh(connection: duckdb.DuckDBPyConnection, manifest: Manifest, schema: str) -> None:
    """Let the raw tables of a schema show what is in the lake now, all at once.

    Does nothing where they do already, or where the lake has nothing of this organisation.
    Raises LoaderError where the file has tables of its own by these names.
    """
    state = manifest.load()
    if state is None:
        return
    [(database,)] = connection.execute("select current_database()").fetchall()
    place = _Place(f"{quoted(database)}.{quoted(schema)}")
    connection.execute(f"create schema if not exists {place.schema}")
    connection.execute(f"create table if not exists {place.lake_state} (fingerprint varchar)")
    fingerprint = _fingerprint(state)
    if connection.execute(f"select fingerprint from {place.lake_state}").fetchall() == [
        (fingerprint,)
    ]:
        return
    _check_no_table(connection, database, schema)
    connection.execute("begin")
    try:
        _create_tables(connection, place)
        _look_for_repeats(connection, place, manifest.storage, state)
        _make_views(connection, place, manifest.storage, state)
        connection.execute(f"delete from {place.lake_state}")
        connection.execute(f"insert into {place.lake_state} values (?)", [fingerprint])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _fingerprint(state: State) -> str:
    parts = [
        str(_VERSION),
        *sorted(file.name for file in state.files),
        *sorted(found.delivery_id + found.source for found in state.deliveries),
        *state.rejected_files,
        *(name for names in state.tables.values() for name in names),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _check_no_table(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> None:
    found = connection.execute(
        """
        select 1 from information_schema.tables
        where table_catalog = ? and table_schema = ? and table_name = 'events'
            and table_type = 'BASE TABLE'
        """,
        [database, schema],
    ).fetchall()
    if found:
        raise LoaderError(
            f"The DuckDB file {database!r} has events of its own in {schema}.events, so it cannot "
            "have the views over a lake. Set 'path:' of this target to another file."
        )


def _create_tables(connection: duckdb.DuckDBPyConnection, place: _Place) -> None:
    connection.execute(
        f"create table if not exists {place.lake_deliveries} "
        "(delivery_id uuid, delivered_at timestamptz)"
    )
    columns = ", ".join(f"{name} {kind}" for name, kind in REPEATED.items())
    connection.execute(f"create table if not exists {place.repeated_events} ({columns})")
    for table in _DISPLACED:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[table].items())
        connection.execute(f"create table if not exists {place.schema}.lake_{table} ({columns})")


def _look_for_repeats(
    connection: duckdb.DuckDBPyConnection, place: _Place, storage: Storage, state: State
) -> None:
    """Note which rows are not the first of their id, of deliveries that were not looked at yet."""
    known = {
        str(delivery_id)
        for (delivery_id,) in connection.execute(
            f"select delivery_id from {place.lake_deliveries}"
        ).fetchall()
    }
    new = [
        delivery
        for delivery in state.deliveries
        if delivery.appended and delivery.delivery_id not in known
    ]
    if not new or not state.files:
        return
    find_repeats(connection, storage, state.files, [delivery.delivered_at for delivery in new])
    _displace(connection, place)
    connection.execute(f"""
        insert into {place.repeated_events}
        select event_id, ingested_at, is_conflict from lake_found
        where (event_id, ingested_at) not in (
            select (event_id, ingested_at) from {place.repeated_events}
        )
    """)
    _note(connection, place, new)
    for table in ("lake_found", "lake_compared", "lake_repeated_ids", "lake_times"):
        connection.execute(f"drop table temp.{table}")


def _displace(connection: duckdb.DuckDBPyConnection, place: _Place) -> None:
    """Write down, as a removal, what earlier builds have shown and what is now a later row.

    That is where a delivery with an earlier time was in the lake only after another one, as with
    several writers at once. What is kept of the users is then computed anew.
    """
    connection.execute(f"""
        create or replace temp table lake_displaced as
        select event_id, ingested_at, user_id from lake_found
        where
            ingested_at in (select delivered_at from {place.lake_deliveries})
            and (event_id, ingested_at) not in (
                select (event_id, ingested_at) from {place.repeated_events}
            )
    """)
    [(events, users)] = connection.execute(
        "select count(*), count(distinct user_id) from lake_displaced"
    ).fetchall()
    if events:
        removal = str(uuid.uuid4())
        connection.execute(
            f"insert into {place.lake_removals} values "
            "(?, 'displace', null, now(), 'dbt', ?, ?, 0)",
            [removal, users, events],
        )
        connection.execute(
            f"insert into {place.lake_removed_users} "
            "select distinct ?::uuid, md5(?::text || ' ' || user_id) from lake_displaced",
            [removal, removal],
        )
        connection.execute(
            f"insert into {place.lake_removed_events} "
            "select ?::uuid, ingested_at, count(*) from lake_displaced group by ingested_at",
            [removal],
        )
    connection.execute("drop table temp.lake_displaced")


def _note(
    connection: duckdb.DuckDBPyConnection, place: _Place, deliveries: Sequence[Delivery]
) -> None:
    connection.execute(
        f"""
        insert into {place.lake_deliveries}
        select unnest(?::varchar[])::uuid, unnest(?::varchar[])::timestamptz
        """,
        [
            [delivery.delivery_id for delivery in deliveries],
            [delivery.delivered_at for delivery in deliveries],
        ],
    )


def _make_views(
    connection: duckdb.DuckDBPyConnection, place: _Place, storage: Storage, state: State
) -> None:
    mixed = _files_with_repeats(connection, place, storage, state)
    clean = [file.name for file in state.files if file.name not in mixed]
    query = events_query(storage, clean)
    if mixed:
        # Only these files are looked through by id.
        query += f"""
            union all
            select * from ({events_query(storage, sorted(mixed))}) as mixed
            where not exists (
                select 1 from {place.repeated_events} as repeated
                where
                    repeated.event_id = mixed.event_id
                    and repeated.ingested_at = mixed.ingested_at
            )
        """
    connection.execute(f"create or replace view {place.events} as {query}")
    fill_deliveries(connection, place.deliveries, state)
    for table in ("rejected_events", *REMOVAL_TABLES):
        query = small_query(storage, state, table)
        if table in _DISPLACED:
            query = f"{query} union all select * from {place.schema}.lake_{table}"
        connection.execute(f"create or replace view {place.schema}.{table} as {query}")


def _files_with_repeats(
    connection: duckdb.DuckDBPyConnection, place: _Place, storage: Storage, state: State
) -> set[str]:
    """The files that hold rows to be left out; of other rows, nothing is noted any more."""
    times = connection.execute(
        "select distinct strftime(ingested_at, '%Y-%m-%dT%H:%M:%S.%f+00:00') "
        f"from {place.repeated_events}"
    ).fetchall()
    holding = files_of(state.files, [moment for (moment,) in times]) if times else []
    if not holding:
        connection.execute(f"delete from {place.repeated_events}")
        return set()
    connection.execute(f"""
        create or replace temp table lake_present as
        select event_id::uuid as event_id, ingested_at, filename
        from {parquet(storage, holding, ", filename = true")}
        where (event_id, ingested_at) in (
            select (event_id::varchar, ingested_at) from {place.repeated_events}
        )
    """)
    connection.execute(f"""
        delete from {place.repeated_events} where (event_id, ingested_at) not in (
            select (event_id, ingested_at) from lake_present
        )
    """)
    places = {
        place_of
        for (place_of,) in connection.execute(
            "select distinct filename from lake_present"
        ).fetchall()
    }
    connection.execute("drop table temp.lake_present")
    return {name for name in holding if storage.place(name) in places}
