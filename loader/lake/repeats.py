"""Rows of a lake whose id an earlier delivery has brought: views leave them out.

An append does not look for ids in the whole lake, so a build does: once for each delivery, for the
ids of that delivery alone. The first delivery of an id wins, that is the one of the least
``ingested_at``, which no two deliveries share.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence

import duckdb

from loader.lake.manifest import DataFile
from loader.lake.parquet import parquet
from loader.lake.storage import Storage
from loader.strict_json import canonical

#: Columns of the table of such rows: which it is, and whether it is another event.
REPEATED = {"event_id": "uuid", "ingested_at": "timestamptz", "is_conflict": "boolean"}
_AT_ONCE = 2000
_CONTENT = "event_name, event_time, user_id, properties"


def find_repeats(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    files: Sequence[DataFile],
    times: Sequence[str],
) -> None:
    """Make the temporary table ``lake_found``: rows that are not the first of their id.

    Of these it has the columns of `REPEATED` and user_id. Looked at are ids that a delivery of
    ``times`` (ISO 8601, as in the manifest) has brought.
    """
    connection.execute("create or replace temp table lake_times (ingested_at timestamptz)")
    connection.execute(
        "insert into lake_times select unnest(?::varchar[])::timestamptz", [list(times)]
    )
    _find_ids(connection, storage, files, times)
    named = parquet(storage, [file.name for file in files])
    connection.execute(f"""
        create or replace temp table lake_compared as
        with found as (
            select event_id, {_CONTENT}, ingested_at from {named}
            where event_id in (select event_id from lake_repeated_ids)
        ),
        numbered as (
            select
                *,
                row_number() over ids as number,
                first_value(event_name) over ids as first_name,
                first_value(event_time) over ids as first_time,
                first_value(user_id) over ids as first_user,
                first_value(properties) over ids as first_properties
            from found
            window ids as (partition by event_id order by ingested_at)
        )
        select
            event_id::uuid as event_id,
            ingested_at,
            user_id,
            (event_name, event_time, user_id) <> (first_name, first_time, first_user) as differs,
            if(
                properties::varchar <> first_properties::varchar,
                [properties::varchar, first_properties::varchar],
                null
            ) as texts
        from numbered
        where number > 1
    """)
    _judge(connection)


def files_of(files: Sequence[DataFile], times: Sequence[str]) -> list[str]:
    """The names of the files that may hold rows of deliveries of these times."""
    in_order = sorted(times)
    found = []
    for file in files:
        place = bisect_left(in_order, file.first_ingested_at)
        if place < len(in_order) and in_order[place] <= file.last_ingested_at:
            found.append(file.name)
    return found


def _find_ids(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    files: Sequence[DataFile],
    times: Sequence[str],
) -> None:
    """Make the table of ids that are there more than once, of those that are new."""
    holding = files_of(files, times)
    named = parquet(storage, [file.name for file in files])
    if len(holding) == len(files):
        # Numbers take a third of the room of ids; those that share one are looked at again.
        connection.execute(f"""
            create or replace temp table lake_repeated_ids as
            select event_id from {named}
            where hash(event_id) in (
                select hash(event_id) from {named} group by 1 having count(*) > 1
            )
            group by event_id having count(*) > 1
        """)
        return
    connection.execute(f"""
        create or replace temp table lake_repeated_ids as
        select event_id from {named}
        where event_id in (
            select event_id from {parquet(storage, holding)}
            where ingested_at in (select ingested_at from lake_times)
        )
        group by event_id having count(*) > 1
    """)


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``lake_found`` of what was compared: objects may differ in the order of keys alone."""
    connection.execute("""
        create or replace temp table lake_found as
        select event_id, ingested_at, user_id, differs as is_conflict
        from lake_compared where texts is null or differs
    """)
    remaining = connection.execute("""
        select event_id, ingested_at, user_id, texts[1], texts[2]
        from lake_compared where texts is not null and not differs
    """)
    rows = remaining.fetchall()
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        connection.execute(
            """
            insert into lake_found
            select unnest(?::uuid[]), unnest(?::timestamptz[]), unnest(?::varchar[]),
                unnest(?::boolean[])
            """,
            [
                [row[0] for row in part],
                [row[1] for row in part],
                [row[2] for row in part],
                [not _same(row[3], row[4]) for row in part],
            ],
        )


def _same(one: str, other: str) -> bool:
    return canonical(json.loads(one), sort_keys=True) == canonical(
        json.loads(other), sort_keys=True
    )
