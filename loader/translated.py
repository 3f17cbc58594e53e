"""The way of rows that need a translation: by a lane of their own, and else in Python.

There each row is read, translated (`loader.mapping`) and judged by the contract. The events go to
the stage as columns, each a text with a value on each line, which DuckDB takes faster than anything
else that Python can hand over. Small sources are done here; for others it is worth the start of
processes, since Python does one thing at a time in each.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from duckdb import DuckDBPyConnection

from loader import strict_json
from loader.contract import MAX_DEPTH, Contract, Event
from loader.errors import LoaderError
from loader.lane import Query
from loader.mapping import Mapping
from loader.mapping.compiled import can_compile
from loader.mapping.properties import NOT_FINITE
from loader.mapping.translation import Translation
from loader.readers.block import Block, RejectedRow, stored_text
from loader.refusals import RefusedError, Rejection, kind
from loader.stores import Stage
from loader.stores.base import LINES
from loader.strict_json import JsonError
from loader.times import time_text
from loader.translated_lane import TranslatedLane

_MAX_PROCESSES = 4
# The first blocks of a source are judged here; starting processes takes as long as some of them.
_BLOCKS_HERE = 1
_WORTH_A_PROCESS = 1000
_MAX_IN_VAIN = 4
_BLANK = " \t\r"

_QUERY = """
    with numbered as (
        select
            unnest(string_split($1, chr((10 + n)::integer))) as line,
            unnest(string_split($2, chr((10 + n)::integer))) as event_id,
            unnest(string_split($3, chr((10 + n)::integer))) as event_name,
            unnest(string_split($4, chr((10 + n)::integer))) as event_time,
            unnest(string_split($5, chr((10 + n)::integer))) as user_id,
            unnest(string_split($6, chr((10 + n)::integer))) as properties
        from range(1) as zero(n)
    )
    select
        line::bigint as line,
        event_id,
        event_name,
        event_time,
        event_time::timestamptz as moment,
        user_id,
        properties::json as properties,
        null::varchar as row
    from numbered
"""


@dataclass(slots=True)
class Judged:
    """What became of a block's rows.

    ``columns`` holds the events whose texts fit on a line each, ``events`` the others; ``notes``
    counts for the report.
    """

    columns: tuple[str, ...] = ()
    events: list[tuple[int, Event]] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    lines: tuple[int, int] = (0, 0)

    def query(self) -> Query | None:
        """The select of the events in columns; None where there are none."""
        if not self.columns:
            return None
        return Query(_QUERY, list(self.columns), self.lines)


class Judge:
    """Translates and judges rows; can be handed to other processes."""

    def __init__(self, contract: Contract, mapping: Mapping) -> None:
        self._contract = contract
        self._mapping = mapping

    def __call__(self, block: Block) -> Judged:
        """Judge the rows of a block."""
        judged = Judged(lines=(block.lines[0], block.lines[-1]))
        columns: list[tuple[str, str, str, str, str, str]] = []
        for line, text in zip(block.lines, block.text.split("\n"), strict=True):
            row = text.removesuffix("\r")
            if not row.strip(_BLANK):
                continue
            events = 0
            for result in self.results(row, judged.notes):
                if isinstance(result, Rejection):
                    kept = stored_text(
                        self._mapping.kept(row) if self._contract.text_properties else row
                    )
                    judged.rejected.append(RejectedRow(line, result.reason, result.detail, kept))
                    continue
                number = events * LINES + line
                events += 1
                if "\n" in result.event_name or "\n" in result.user_id:
                    judged.events.append((number, result))
                    continue
                columns.append(
                    (
                        str(number),
                        str(result.event_id),
                        result.event_name,
                        time_text(result.event_time),
                        result.user_id,
                        result.properties,
                    )
                )
        if columns:
            judged.columns = tuple(map("\n".join, zip(*columns, strict=True)))
        return judged

    def results(self, row: str, notes: Counter[str]) -> list[Event | Rejection]:
        """The events that a row stands for, or why it is none."""
        contract = self._contract
        try:
            given = self._given(row)
            not_finite = strict_json.not_finite()
            rows = self._mapping.translate(given, notes, table=contract.text_properties)
        except RefusedError as refused:
            return [refused.rejection]
        except JsonError as error:
            return [Rejection(error.reason, error.detail)]
        source = self._mapping.source
        if len(rows) == 1:
            result = contract.judge(rows[0], source=source, not_finite=not_finite)
            if isinstance(result, Event) and result.not_finite:
                notes[NOT_FINITE] += result.not_finite
            return [result]
        notes[NOT_FINITE] += not_finite
        return _once([contract.judge(one, source=source) for one in rows])

    def _given(self, row: str) -> dict[str, Any]:
        size, limit = len(row), self._contract.max_bytes
        if size > limit or (size * 4 > limit and len(row.encode(errors="surrogatepass")) > limit):
            raise RefusedError("too_large", f"longer than {limit} bytes")
        value = strict_json.parse(row, max_depth=MAX_DEPTH)
        if not isinstance(value, dict):
            raise RefusedError("not_an_object", f"a JSON object is needed, not {kind(value)}")
        return value


def _once(results: list[Event | Rejection]) -> list[Event | Rejection]:
    """The same, but each id once, and each reason once: a row is rejected for it as a whole."""
    seen: dict[Any, Event] = {}
    reasons: set[str] = set()
    kept: list[Event | Rejection] = []
    for result in results:
        if isinstance(result, Event):
            first = seen.setdefault(result.event_id, result)
            if first is not result:
                if first == result:
                    continue
                detail = f"{result.event_id} is the id of another event of this row"
                result = Rejection("conflicting_event_id", detail)  # noqa: PLW2901
        if isinstance(result, Rejection):
            if result.reason in reasons:
                continue
            reasons.add(result.reason)
        kept.append(result)
    return kept


class TranslatedRows:
    """Takes blocks into a stage: what is plain by the lane, and else in Python.

    For several threads; in processes of its own as soon as a source is long.
    """

    def __init__(self, contract: Contract, mapping: Mapping, translation: Translation) -> None:
        self._judge = Judge(contract, mapping)
        self._lane: TranslatedLane | None = None
        # In tables objects are texts, which the lane does not look into.
        if can_compile(translation) and not contract.text_properties:
            self._lane = TranslatedLane(contract, mapping, translation)
        self._pool: ProcessPoolExecutor | None = None
        self._blocks = 0
        self._in_vain = 0
        self._lock = threading.Lock()

    def __enter__(self) -> TranslatedRows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, cursor: DuckDBPyConnection, stage: Stage, block: Block) -> tuple[int, Judged]:
        """Take a block; how many rows the stage has taken, and what became of the others."""
        lane = self._lane if self._in_vain < _MAX_IN_VAIN else None
        query = None if lane is None else lane.query(block)
        taken = 0
        if lane is not None and query is not None:
            taken, left = stage.take(cursor, query)
            lane.learn(block, left)
            if not left:
                return taken, Judged()
            # Blocks that hardly fit are not worth the time; no matter which thread counts first.
            self._in_vain += len(left) * 2 > len(block.lines)
            lines, rows = zip(*left, strict=True)
            block = Block("\n".join(rows), lines, block.position)
        judged = self._judged(block)
        query = judged.query()
        if query is not None:
            taken += stage.add(cursor, query)
        return taken, judged

    def _judged(self, block: Block) -> Judged:
        if len(block.lines) < _WORTH_A_PROCESS:
            return self._judge(block)
        with self._lock:
            self._blocks += 1
            processes = min(os.cpu_count() or 1, _MAX_PROCESSES)
            if self._pool is None and self._blocks > _BLOCKS_HERE and processes > 1:
                self._pool = ProcessPoolExecutor(
                    processes, multiprocessing.get_context("spawn"), initializer=_begin
                )
            pool = self._pool
        if pool is None:
            return self._judge(block)
        try:
            return pool.submit(self._judge, block).result()
        except BrokenProcessPool:
            raise LoaderError(
                "A process that translates rows was ended by the system, which may be short of "
                "memory. Make room and run this again."
            ) from None


def _begin() -> None:
    """Leave Ctrl-C to the process that asked for this one, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
