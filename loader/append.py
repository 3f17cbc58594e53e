"""The append pipeline: sources in, events in the raw tables and a report out.

Each source is one transaction (with ``strict``, all of them together are one). Blocks of rows go
through the fast lane in worker threads, two at a time; what the lane leaves over goes through the
contract; both go to the target's stage, which is then applied as a whole.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from queue import SimpleQueue

import duckdb

from loader.contract import (
    DEFAULT_EARLIEST,
    DEFAULT_FUTURE_TOLERANCE,
    DEFAULT_MAX_BYTES,
    Contract,
    Event,
    Rejection,
)
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.field_names import FieldNames
from loader.lane import Lane, Leftover
from loader.readers import Block, Reader, RejectedRow, Source
from loader.readers.block import stored_text
from loader.readers.open import open_reader
from loader.report import EXAMPLES, AppendReport, FileReport
from loader.stores import Applied, Stage, Store, open_store
from loader.target import Target

DEFAULT_BLOCK_BYTES = 8 << 20
_WORKERS = 2
_REFUSED = "nothing appended, because of --strict"

#: Called with a source and the bytes read of it since the last call.
Progress = Callable[[Source, int], None]


@dataclass(frozen=True)
class AppendOptions:
    """Settings of a run; the defaults are those of the command."""

    names: FieldNames = field(default_factory=FieldNames)
    strict: bool = False
    earliest: datetime = DEFAULT_EARLIEST
    future_tolerance: timedelta = DEFAULT_FUTURE_TOLERANCE
    max_event_bytes: int = DEFAULT_MAX_BYTES
    lock_timeout: float = 10.0
    block_bytes: int = DEFAULT_BLOCK_BYTES

    def contract(self, *, text_properties: bool = False) -> Contract:
        """The contract as of now."""
        return Contract(
            latest=datetime.now(UTC) + self.future_tolerance,
            earliest=self.earliest,
            max_bytes=self.max_event_bytes,
            names=self.names,
            text_properties=text_properties,
        )


def append_files(
    target: Target,
    sources: Sequence[Source],
    options: AppendOptions | None = None,
    progress: Progress | None = None,
) -> AppendReport:
    """Append all sources, each whole or not at all.

    A source that cannot be read, or that the database refuses, is reported in its FileReport, and
    the next one is tried. With ``strict`` any such error, any rejected and any conflicting row
    leaves all sources out: see `AppendReport.offending`. Raises LoaderError where the target
    cannot be opened.
    """
    options = options or AppendOptions()
    started = time.monotonic()
    with _open(target, options) as store:
        run = _Run(target, store, options, progress)
        report = run.all_or_none(sources) if options.strict else run.one_by_one(sources)
    return _closed(report, started)


def _closed(report: AppendReport, started: float) -> AppendReport:
    report.seconds = time.monotonic() - started
    for file in report.files:
        file.check()
    return report


@contextmanager
def _open(target: Target, options: AppendOptions) -> Iterator[Store]:
    store = open_store(target, lock_timeout=options.lock_timeout)
    try:
        yield store
    finally:
        store.close()


@dataclass(slots=True)
class _Staged:
    """A source whose rows are all in its stage; ``examples`` are the first rejected ones."""

    report: FileReport
    stage: Stage
    examples: list[RejectedRow] = field(default_factory=list)

    def write(
        self, taken: int, events: Sequence[tuple[int, Event]], rejected: Sequence[RejectedRow]
    ) -> None:
        """Write rows to the stage and count them."""
        self.stage.write(taken, events, rejected)
        self.report.rejected.update(row.reason for row in rejected)
        if len(self.examples) < EXAMPLES:
            self.examples = [*self.examples, *rejected][:EXAMPLES]

    def finish(self) -> None:
        """Count what was read."""
        self.report.read = self.stage.events + self.stage.rejected

    def count(self, applied: Applied) -> None:
        """Take over what became of the events."""
        self.report.appended = applied.appended
        self.report.duplicate = applied.duplicate
        self.report.conflicting = applied.conflicting


class _RefusedError(Exception):
    """With ``strict``: a row is rejected or conflicts, so nothing may stay."""


class _Run:
    """One run against one open store."""

    def __init__(
        self, target: Target, store: Store, options: AppendOptions, progress: Progress | None
    ) -> None:
        self._target = target
        self._store = store
        self._options = options
        self._progress = progress

    def one_by_one(self, sources: Sequence[Source]) -> AppendReport:
        """Append each source in a transaction of its own; a failed one does not stop the others."""
        report = AppendReport()
        for source in sources:
            try:
                with self._transaction():
                    staged = self._staged_source(source)
                    staged.count(self._store.apply(staged.stage))
                    self._store.commit()
                report.files.append(staged.report)
            except LoaderError as error:
                report.files.append(FileReport.of_failure(source.name, error))
        return report

    def all_or_none(self, sources: Sequence[Source]) -> AppendReport:
        """Append all sources in one transaction, unless a row of any is rejected or conflicts."""
        report = AppendReport()
        try:
            with self._transaction():
                every = [self._staged_source(source) for source in sources]
                for staged in every:
                    report.offending += [(staged.report.source, row) for row in staged.examples]
                if not report.offending:
                    for staged in every:
                        applied = self._store.apply(staged.stage)
                        staged.count(applied)
                        source = staged.report.source
                        report.offending += [(source, row) for row in applied.examples]
                report.files = [staged.report for staged in every]
                if report.offending:
                    raise _RefusedError
                self._store.commit()
        except (_RefusedError, LoaderError) as error:
            report.refused = sum(file.conflicting + file.rejected.total() for file in report.files)
            failure = error if isinstance(error, LoaderError) else LoaderError(_REFUSED)
            report.files = [FileReport.of_failure(source.name, failure) for source in sources]
        del report.offending[EXAMPLES:]
        return report

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._store.rollback()
            raise

    def _staged_source(self, source: Source) -> _Staged:
        with source.open() as stream:
            reader = open_reader(
                source,
                stream,
                names=self._options.names,
                block_bytes=self._options.block_bytes,
                max_bytes=self._options.max_event_bytes,
            )
            contract = self._options.contract(text_properties=reader.text_properties)
            staged = _Staged(FileReport(source.name), self._store.stage(source.name))
            position = 0
            for block, taken, left in self._through_lane(contract, reader, staged.stage):
                accepted, rejected = self._judge(contract, left)
                rejected = sorted(rejected + block.rejected, key=attrgetter("line"))
                staged.write(taken, accepted, rejected)
                if self._progress is not None:
                    self._progress(source, block.position - position)
                position = block.position
            staged.finish()
        return staged

    def _through_lane(
        self, contract: Contract, reader: Reader, stage: Stage
    ) -> Iterator[tuple[Block, int, list[Leftover]]]:
        """Each block in its order, with what the stage took of it and the rows left over."""
        lane = Lane(contract)
        cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for _ in range(_WORKERS):
            cursors.put(self._store.cursor())

        def work(block: Block) -> tuple[Block, int, list[Leftover]]:
            if not block.lines:
                return block, 0, []
            cursor = cursors.get()
            try:
                taken, left = stage.take(cursor, lane.query(block))
                lane.learn(block, left)
                return block, taken, left
            finally:
                cursors.put(cursor)

        doing = f"appending {stage.source}"
        pending: deque[Future[tuple[Block, int, list[Leftover]]]] = deque()
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="lane") as workers:
            try:
                for block in reader.blocks():
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
        self, contract: Contract, rows: Iterable[Leftover]
    ) -> tuple[list[tuple[int, Event]], list[RejectedRow]]:
        """Ask the contract about each row."""
        accepted: list[tuple[int, Event]] = []
        rejected: list[RejectedRow] = []
        for line, given in rows:
            row = given.removesuffix("\r")
            result = contract.check(row)
            if isinstance(result, Rejection):
                text = stored_text(row)
                rejected.append(RejectedRow(line, result.reason, result.detail, text))
            else:
                accepted.append((line, result))
        return accepted, rejected
