"""Comparing staged events with events of the same ids, in the DuckDB that holds the stages."""

from __future__ import annotations

import duckdb

from loader.stores.base import same_object

_AT_ONCE = 2000


def create_known(lane: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table of lines whose ids are known, and whether their content differs."""
    lane.execute("create or replace temp table loader_known (line bigint, differs boolean)")


def compare(lane: duckdb.DuckDBPyConnection, staged: str, present: str) -> None:
    """Insert into ``loader_known`` those of ``staged`` whose ids are among ``present``.

    Both are tables, or selects in parentheses, with the columns of an event.
    """
    lane.execute(f"""
        create or replace temp table loader_compared as
        select
            staged.line,
            staged.event_name <> present.event_name
            or staged.event_time <> present.event_time
            or staged.user_id <> present.user_id as differs,
            if(
                not differs and staged.properties::varchar <> present.properties::varchar,
                [staged.properties::varchar, present.properties::varchar],
                null
            ) as texts
        from {staged} as staged
        inner join {present} as present on present.event_id = staged.event_id
    """)


def take_compared(lane: duckdb.DuckDBPyConnection) -> None:
    """Take over into ``loader_known`` what `compare` has found."""
    lane.execute(
        "insert into loader_known select line, differs from loader_compared where texts is null"
    )
    after = -1
    while rows := lane.execute(
        "select line, texts[1], texts[2] from loader_compared "
        "where texts is not null and line > ? order by line limit ?",
        [after, _AT_ONCE],
    ).fetchall():
        after = rows[-1][0]
        lane.execute(
            "insert into loader_known select unnest(?::bigint[]), unnest(?::boolean[])",
            [
                [line for line, _, _ in rows],
                [not same_object(given, present) for _, given, present in rows],
            ],
        )
    lane.execute("drop table loader_compared")


def add_erased(lane: duckdb.DuckDBPyConnection, staged: str, hashes: list[str]) -> None:
    """Insert into ``loader_known`` the events of a stage that were erased lately: as duplicates."""
    if hashes:
        lane.execute(
            f"""
            insert into loader_known
            select line, false from {staged}
            where
                row is null
                and md5(event_id::varchar) in (select unnest(?::varchar[]))
                and line not in (select line from loader_known)
            """,
            [hashes],
        )
