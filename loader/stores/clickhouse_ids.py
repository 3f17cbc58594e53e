"""Which events of a stage a ClickHouse target has already, asked by their ids.

The ids go to the server as a table of the query, which looks them up in `event_ids`: ordered by id,
so that it reads the granules where they would be and no others. Content is fetched for those only
whose hash is another one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb

from loader.clickhouse import ClickHouse, time_literal
from loader.stores.dry_compare import add_erased, compare, take_compared
from loader.stores.stage import Stage

_IDS_AT_ONCE = 500_000
_EVENTS_AT_ONCE = 20_000

#: A hash of the content of an event, the same for the same texts in any version of DuckDB.
CONTENT_HASH = (
    "md5_number_lower(event_name || chr(10) || epoch_us(event_time) || chr(10) "
    "|| user_id || chr(10) || properties::varchar)"
)
# In the order in which ClickHouse has ids, by their second halves first, so that each of many
# questions asks for ids that lie together.
_SORTED_FROM = 4 * _IDS_AT_ONCE
_ID_ORDER = "substr(event_id::varchar, 20), event_id"

_KNOWN = """
select
    staged.line as line,
    argMin(found.content_hash, found.ingested_at) = any(staged.content_hash) as same,
    toString(any(staged.event_id)) as event_id,
    toUnixTimestamp64Micro(argMin(found.event_time, found.ingested_at)) as event_time,
    toUnixTimestamp64Micro(min(found.ingested_at)) as ingested_at
from (
    select event_id, content_hash, event_time, ingested_at
    from {place}.event_ids
    where event_id in (select event_id from loader_sent) and {counts}
) as found
inner join loader_sent as staged on staged.event_id = found.event_id
group by staged.line
"""
_EVENTS = """
select
    toString(event_id) as event_id, event_name, toUnixTimestamp64Micro(event_time) as event_time,
    user_id, properties
from {place}.event_rows
where
    event_time in (select fromUnixTimestamp64Micro(event_time, 'UTC') from loader_sent)
    and (event_id, ingested_at) in (
        select event_id, fromUnixTimestamp64Micro(ingested_at, 'UTC') from loader_sent
    )
"""


class Ids:
    """The events of one raw schema by their ids.

    Args:
        client: Of the server.
        place: The raw schema as SQL has it.
        directory: For files on their way.
    """

    def __init__(self, client: ClickHouse, place: str, directory: Path) -> None:
        self.client = client
        self.place = place
        self.directory = directory
        self._sent = directory / "sent.parquet"
        self._found = directory / "found.parquet"

    def find_known(
        self, lane: duckdb.DuckDBPyConnection, stage: Stage, own: Collection[datetime] = ()
    ) -> None:
        """Insert into ``loader_known`` the lines whose ids are there, and whether they differ.

        ``own`` are times of deliveries that count though they are not finished.
        """
        lane.execute(f"""
            create or replace temp table loader_asked as
            select line, event_id, {CONTENT_HASH} as content_hash
            from {stage.events_table} where row is null
            {f"order by {_ID_ORDER}" if stage.events > _SORTED_FROM else ""}
        """)
        for start in range(0, stage.events, _IDS_AT_ONCE):
            self._find(lane, start, own)
            self._compare(lane, stage)
        lane.execute("drop table loader_asked")
        erased = self.client.rows(f"select event_hash from {self.place}.erased_events")
        add_erased(lane, stage.events_table, [event_hash for (event_hash,) in erased])

    def appeared(self, lane: duckdb.DuckDBPyConnection, stage: Stage, own: datetime) -> bool:
        """Whether another delivery that is finished has an event of ``loader_new``."""
        counted = int(lane.execute("select count(*) from loader_new").fetchall()[0][0])
        for start in range(0, counted, _IDS_AT_ONCE):
            self._write(
                lane,
                f"select event_id from {stage.events_table} where row is null and line in "
                f"(select line from loader_new where rowid >= {start} "
                f"and rowid < {start + _IDS_AT_ONCE})",
            )
            self.client.answer(
                f"select 1 as found from {self.place}.event_ids where event_id in "
                f"(select event_id from loader_sent) and ingested_at <> {time_literal(own)} "
                f"and {self.counts('ingested_at', ())} limit 1",
                {"loader_sent": (self._sent, "event_id UUID")},
                self._found,
            )
            if lane.execute(f"select 1 from {self._answer}").fetchall():
                return True
        return False

    @property
    def _answer(self) -> str:
        return f"read_parquet('{self._found}')"

    def counts(self, column: str, own: Collection[datetime]) -> str:
        """A condition on a time: that of a delivery that is finished, or one of ``own``."""
        seen = f"{column} not in (select delivered_at from {self.place}.unfinished_deliveries)"
        ours = ", ".join(time_literal(moment) for moment in own)
        return f"({seen} or {column} in ({ours}))" if ours else seen

    def _write(self, lane: duckdb.DuckDBPyConnection, query: str) -> None:
        lane.execute(f"copy ({query}) to '{self._sent}' (format parquet)")

    def _find(self, lane: duckdb.DuckDBPyConnection, start: int, own: Collection[datetime]) -> None:
        """Insert what is the same into ``loader_known``, and the others into ``loader_other``."""
        self._write(
            lane,
            "select line, event_id, content_hash from loader_asked "
            f"where rowid >= {start} and rowid < {start + _IDS_AT_ONCE}",
        )
        self.client.answer(
            _KNOWN.format(place=self.place, counts=self.counts("ingested_at", own)),
            {"loader_sent": (self._sent, "line Int64, event_id UUID, content_hash UInt64")},
            self._found,
        )
        lane.execute(
            f"insert into loader_known select line, false from {self._answer} where same = 1"
        )
        lane.execute(
            "create or replace temp table loader_other as "
            "select line, event_id::uuid as event_id, event_time, ingested_at "
            f"from {self._answer} where same <> 1"
        )

    def _compare(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Compare what is in ``loader_other`` with the events themselves."""
        others = int(lane.execute("select count(*) from loader_other").fetchall()[0][0])
        for start in range(0, others, _EVENTS_AT_ONCE):
            some = f"rowid >= {start} and rowid < {start + _EVENTS_AT_ONCE}"
            self._write(
                lane, f"select event_id, event_time, ingested_at from loader_other where {some}"
            )
            structure = "event_id UUID, event_time Int64, ingested_at Int64"
            self.client.answer(
                _EVENTS.format(place=self.place),
                {"loader_sent": (self._sent, structure)},
                self._found,
            )
            present = f"""
                (
                    select distinct on (event_id)
                        event_id::uuid as event_id, event_name, properties, user_id,
                        make_timestamptz(event_time) as event_time
                    from {self._answer}
                )
            """
            staged = f"""
                (
                    select * from {stage.events_table}
                    where row is null and line in (select line from loader_other where {some})
                )
            """
            compare(lane, staged, present)
            take_compared(lane)
