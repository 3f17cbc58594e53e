"""The rows of one source on their way into its stage, block by block, in two threads.

Blocks go through the fast lane, and what it leaves over through the contract; or, where a mapping
needs a translation, through that.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from operator import attrgetter
from queue import SimpleQueue

import duckdb

from loader.contract import Contract, Event, Rejection
from loader.failures import database_errors
from loader.field_use import FieldUse
from loader.lane import Lane, Leftover
from loader.mapping import Mapping
from loader.mapping.properties import NOT_FINITE
from loader.readers import Block, Reader, RejectedRow
from loader.readers.block import stored_text
from loader.stores import Stage, Store
from loader.targets import Target
from loader.translated import Judged, TranslatedRows

_WORKERS = 2
# Rows of a translated block that are looked at for keys that nothing reads.
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Passed:
    """A block whose rows are judged.

    ``taken`` are in the stage already, ``events`` are not; ``position`` is how far the reader has
    come in the source, in bytes, and ``decided`` counts values of which something was decided.
    """

    taken: int
    events: list[tuple[int, Event]]
    rejected: list[RejectedRow]
    position: int
    decided: Counter[str] = field(default_factory=Counter)


class _Plain(nullcontext[None]):
    """The way of rows whose fields have names: through the lane; what it leaves is to be judged."""

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self._lane = lane

    def take(
        self, cursor: duckdb.DuckDBPyConnection, stage: Stage, block: Block
    ) -> tuple[int, list[Leftover]]:
        """Take a block into the stage: how many rows, and the rows left over."""
        taken, left = stage.take(cursor, self._lane.query(block))
        self._lane.learn(block, left)
        return taken, left


class SourceRows:
    """Judges the rows of one source; ``use`` knows afterwards what of them was read."""

    def __init__(
        self, target: Target, store: Store, contract: Contract, mapping: Mapping, stage: Stage
    ) -> None:
        self.use = FieldUse(mapping)
        self._target = target
        self._store = store
        self._contract = contract
        self._mapping = mapping
        self._stage = stage
        self._lane = Lane(contract)

    def passed(self, reader: Reader) -> Iterator[Passed]:
        """Each block of the source, in its order; LoaderError where it cannot be read."""
        for block, taken, left in self._through_lane(reader):
            if isinstance(left, Judged):
                events, rejected, decided = left.events, left.rejected, left.notes
                self._look_at(block, rejected)
            else:
                events, rejected, decided = self._judge(left)
                accepted = {line for line, _ in events}
                self.use.see_rows([(row, line in accepted) for line, row in left])
            rejected = sorted(rejected + block.rejected, key=attrgetter("line"))
            yield Passed(taken, events, rejected, block.position, decided)
        for keys in (*self._lane.keys, *([reader.columns] if reader.columns else [])):
            self.use.see_keys(keys)

    def _through_lane(self, reader: Reader) -> Iterator[tuple[Block, int, list[Leftover] | Judged]]:
        """Each block with what the stage took of it and the rows left over."""
        mapping, stage = self._mapping, self._stage
        way: _Plain | TranslatedRows = _Plain(self._lane)
        if mapping.translation is not None:
            way = TranslatedRows(self._contract, mapping, mapping.translation)
        cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for _ in range(_WORKERS):
            cursors.put(self._store.cursor())

        def work(block: Block) -> tuple[Block, int, list[Leftover] | Judged]:
            if not block.lines:
                return block, 0, []
            cursor = cursors.get()
            try:
                return block, *way.take(cursor, stage, block)
            finally:
                cursors.put(cursor)

        doing = f"appending {stage.source}"
        pending: deque[Future[tuple[Block, int, list[Leftover] | Judged]]] = deque()
        unchecked = True
        with way, ThreadPoolExecutor(_WORKERS, thread_name_prefix="lane") as workers:
            try:
                for block in reader.blocks():
                    if unchecked and block.lines:
                        mapping.check_rows(block.text, stage.source)
                        unchecked = False
                    pending.append(workers.submit(work, block))
                    if len(pending) > _WORKERS:
                        with database_errors(self._target, doing):
                            done = pending.popleft().result()
                        yield done
                while pending:
                    with database_errors(self._target, doing):
                        done = pending.popleft().result()
                    yield done
            finally:
                for future in pending:
                    future.cancel()

    def _judge(
        self, rows: Sequence[Leftover]
    ) -> tuple[list[tuple[int, Event]], list[RejectedRow], Counter[str]]:
        """Ask the contract about each row."""
        decided: Counter[str] = Counter()
        accepted: list[tuple[int, Event]] = []
        rejected: list[RejectedRow] = []
        for line, given in rows:
            row = given.removesuffix("\r")
            result = self._contract.check(row)
            if isinstance(result, Rejection):
                text = stored_text(
                    self._mapping.kept(row) if self._contract.text_properties else row
                )
                rejected.append(RejectedRow(line, result.reason, result.detail, text))
            else:
                accepted.append((line, result))
                if result.not_finite:
                    decided[NOT_FINITE] += result.not_finite
        return accepted, rejected, decided

    def _look_at(self, block: Block, rejected: Sequence[RejectedRow]) -> None:
        """Look for unread keys in some of the rows of a translated block."""
        lines = {row.line for row in rejected}
        rows = list(zip(block.lines, block.text.split("\n"), strict=True)) if block.lines else []
        step = -(-len(rows) // _LOOKED_AT) or 1
        self.use.see_rows([(row, line not in lines) for line, row in rows[::step]])
