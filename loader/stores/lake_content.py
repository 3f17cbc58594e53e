"""What a stage would bring to a lake, and a name for that content."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import duckdb

from loader.lake.parquet import parquet
from loader.lake.storage import Storage
from loader.stores.stage import Stage

_COLUMNS = "line, event_id, event_name, event_time, user_id, properties"
# Does not depend on the order of the rows, of which no two are alike.
_DIGEST = """
select
    count(*),
    cast(coalesce(bit_xor(md5_number(concat_ws(
        chr(31), event_id, event_name, epoch_us(event_time), user_id, cast(properties as varchar)
    ))), 0) as varchar)
from ({rows})
"""


class Content:
    """The events of a stage, each id once: the first of them, as selects.

    ``distinct`` has all of them and ``new`` those that were not erased lately, with the columns of
    `EVENT_ROW`; ``repeated`` the others of the stage, which ``repeats`` counts.
    """

    def __init__(
        self,
        lane: duckdb.DuckDBPyConnection,
        stage: Stage,
        storage: Storage,
        erased_files: Sequence[str],
    ) -> None:
        self._lane = lane
        staged = f"(select {_COLUMNS} from {stage.events_table} where row is null)"
        lane.execute(f"create or replace temp table loader_skipped as ({stage.repeats()})")
        [(self.repeats,)] = lane.execute("select count(*) from loader_skipped").fetchall()
        first = "line not in (select line from loader_skipped)" if self.repeats else "true"
        self.repeated = f"""
            (select * from {staged} where line in (select line from loader_skipped))
        """
        self.distinct = f"select * from {staged} where {first}"
        self.new = self.distinct
        if erased_files:
            # only of the days that loader erase says
            hashes = f"select event_hash from {parquet(storage, erased_files)}"
            self.new += f" and md5(cast(event_id as varchar)) not in ({hashes})"

    def digest(self) -> str:
        """The same for the same events in any order; "" where there are none."""
        rows = _DIGEST.format(rows=self.distinct)
        [(count, number)] = self._lane.execute(rows).fetchall()
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{count} {number}").hex if count else ""
