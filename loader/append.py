"""The append pipeline: sources in, events in the raw tables and a report out.

Each source is one transaction (with ``strict``, all of them together are one). Blocks of rows go
through the fast lane in worker threads, two at a time; what the lane leaves over goes through the
contract; both go to the target's stage, which is then applied as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from loader.contract import (
    DEFAULT_EARLIEST,
    DEFAULT_FUTURE_TOLERANCE,
    DEFAULT_MAX_BYTES,
    Contract,
)
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.limits import MaxRejected
from loader.mapping import Mapping
from loader.placeholders import doubtful_users
from loader.readers import Source, members
from loader.readers.open import open_reader
from loader.report import EXAMPLES, AppendReport, FileReport
from loader.source_rows import SourceRows
from loader.staged import Staged
from loader.stores import Store, open_store
from loader.stores.dry import DryStore
from loader.targets import Target

DEFAULT_BLOCK_BYTES = 8 << 20
_SHOWN_EVENTS = 5
# Formats of texts, in which --null can say what is none.
_TAKING_NULLS = frozenset({"csv", "excel"})
# From when on an engine has all times; others have those of Python.
_FIRST_TIMES = {"clickhouse": datetime(1900, 1, 1, tzinfo=UTC)}
_REFUSED = "nothing appended, because of --strict"

#: Called with a source and the bytes read of it since the last call.
Progress = Callable[[Source, int], None]


@dataclass(frozen=True)
class AppendOptions:
    """Settings of a run; the defaults are those of the command."""

    mapping: Mapping = field(default_factory=Mapping)
    dry_run: bool = False
    strict: bool = False
    max_rejected: MaxRejected | None = None
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
            names=self.mapping.names,
            text_properties=text_properties,
            source=self.mapping.source,
        )


def append_files(
    target: Target,
    sources: Sequence[Source],
    options: AppendOptions | None = None,
    progress: Progress | None = None,
) -> AppendReport:
    """Append all sources, each whole or not at all.

    A source that cannot be read, or that the database refuses, is reported in its FileReport, and
    the next one is tried. So is one of which more rows than ``max_rejected`` are not taken. With
    ``strict`` any such error, any rejected and any conflicting row leaves all sources out: see
    `AppendReport.offending`. With ``dry_run`` nothing is written, and the report says what would
    be. Raises LoaderError where the target cannot be opened.
    """
    options = options or AppendOptions()
    _check_times(target, options)
    started = time.monotonic()
    if options.dry_run:
        return _closed(_rehearsed(target, sources, options, progress), started)
    with _open(target, options) as store:
        run = _Run(target, store, options, progress)
        report = run.all_or_none(sources) if options.strict else run.one_by_one(sources)
    return _closed(report, started)


def _check_times(target: Target, options: AppendOptions) -> None:
    """Refuse events of times that the target cannot say; LoaderError."""
    first = _FIRST_TIMES.get(target.engine)
    if first is not None and options.earliest < first:
        raise LoaderError(
            f"{target.label} has no times before {first:%Y}. Choose --earliest within that."
        )


def _closed(report: AppendReport, started: float) -> AppendReport:
    report.seconds = time.monotonic() - started
    for file in report.files:
        file.close()
    return report


def _rehearsed(
    target: Target, sources: Sequence[Source], options: AppendOptions, progress: Progress | None
) -> AppendReport:
    """What a real run would report, with each source as if those before it had been appended."""
    store = DryStore(target, lock_timeout=options.lock_timeout)
    try:
        report = _Run(target, store, options, progress).one_by_one(sources)
    finally:
        store.close()
    report.dry_run = True
    report.without_tables = None if store.has_tables else target.label
    if options.strict:
        report.refused = sum(file.conflicting + file.rejected.total() for file in report.files)
        if report.refused or report.failed:
            for file in report.files:
                file.error = file.error or _REFUSED
    else:
        report.offending.clear()
    return report


@contextmanager
def _open(target: Target, options: AppendOptions) -> Iterator[Store]:
    store = open_store(target, lock_timeout=options.lock_timeout)
    try:
        yield store
    finally:
        store.close()


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
        for source in members(sources, report.notes.append):
            try:
                with self._transaction():
                    staged = self._staged_source(source)
                    refusal = self._apply(staged)
                    if refusal is None:
                        self._store.commit()
                        staged.settle()
                    else:
                        report.offending += [(source.name, row) for row in staged.examples]
                        self._store.rollback()
                if refusal is not None:
                    staged.report.error = refusal
                if refusal is None or self._options.dry_run:
                    report.files.append(staged.report)
                else:
                    report.files.append(FileReport(source.name, error=refusal))
            except LoaderError as error:
                report.files.append(FileReport.of_failure(source.name, error))
        del report.offending[EXAMPLES:]
        return report

    def _apply(self, staged: Staged) -> str | None:
        """Apply a stage; why it may not stay, if too many rows are rejected or conflict."""
        limit = None if self._options.strict else self._options.max_rejected
        refusal = staged.refusal(limit)
        if refusal is None or self._options.dry_run:
            staged.count(self._store.apply(staged.stage))
            refusal = staged.refusal(limit)
        return refusal

    def all_or_none(self, sources: Sequence[Source]) -> AppendReport:
        """Append all sources in one transaction, unless a row of any is rejected or conflicts."""
        report = AppendReport()
        try:
            with self._transaction():
                found = members(sources, report.notes.append)
                every = [self._staged_source(source) for source in found]
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

    def _staged_source(self, source: Source) -> Staged:
        with _readable(source), source.open() as stream:
            reader = open_reader(
                source,
                stream,
                names=self._options.mapping,
                block_bytes=self._options.block_bytes,
                max_bytes=self._options.max_event_bytes,
            )
            contract = self._options.contract(text_properties=reader.text_properties)
            report = FileReport(source.name, takes_nulls=source.format in _TAKING_NULLS)
            staged = Staged(report, self._store.stage(source.name))
            rows = SourceRows(
                self._target, self._store, contract, self._options.mapping, staged.stage
            )
            position = 0
            for passed in rows.passed(reader):
                staged.write(passed.taken, passed.events, passed.rejected)
                report.decided.update(passed.decided)
                if self._progress is not None:
                    self._progress(source, passed.position - position)
                position = passed.position
            staged.finish()
            report.notes += reader.notes
        report.unread, report.sources = rows.use.unread(), rows.use.sources()
        report.keeping = self._options.mapping.keeping
        self._look_at_events(staged)
        return staged

    def _look_at_events(self, staged: Staged) -> None:
        if not staged.stage.events:
            return
        with (
            database_errors(self._target, f"appending {staged.report.source}"),
            self._store.cursor() as cursor,
        ):
            staged.report.doubtful_users = doubtful_users(cursor, staged.stage)
            if self._options.dry_run:
                staged.report.first_events = staged.stage.first_events(cursor, _SHOWN_EVENTS)


@contextmanager
def _readable(source: Source) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LoaderError(f"Cannot read {source.name}: {error.strerror or error}.") from error
