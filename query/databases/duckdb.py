"""Asking a DuckDB file, by copies of it (`snapshots.py` says why)."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from loader import explain
from loader.errors import LoaderError
from loader.organisations import target_of
from loader.targets import Target, check_duckdb_file_exists
from query.databases.base import DEFAULT_TIMEOUT, Notify, Result, State, relation_of
from query.databases.failures import out_of_reach, overloaded, stopped, too_large, too_slow
from query.databases.snapshots import BusyError, Snapshot, Snapshots
from query.databases.states import LATEST_DATES, LATEST_DELIVERY, LATEST_KEPT, delivery_of
from query.errors import HttpError, not_built
from serving.tokens import Directory, read_directory

#: How often the file is looked at, in seconds.
_LOOK_SECONDS = 0.25
# A copy takes a share of the machine; the next one waits for so many times as long.
_REST = 4.0
# How long an interrupted query may take to notice, before it is told again.
_AGAIN_SECONDS = 0.02
_DATA_ERRORS = (duckdb.InvalidInputException, duckdb.DataError)

Found = TypeVar("Found")


class DuckDBDatabase:
    """A DuckDB file; `notify` gets a level and a sentence when something becomes of copies."""

    def __init__(
        self,
        target: Target,
        *,
        connections: int,
        snapshots: Path | None,
        notify: Notify,
    ) -> None:
        self._target = target
        self._notify = notify
        config = {**target.config_options, **target.settings}
        # Every connection has its own way with these (quiet_duckdb.settle).
        for name in ("enable_progress_bar", "TimeZone"):
            config.pop(name, None)
        self._snapshots = Snapshots(target.duckdb_path, snapshots, config, connections)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="query")
        self._free = asyncio.Semaphore(connections)
        self._keeping: asyncio.Task[None] | None = None
        self._problem = ""

    @property
    def target(self) -> Target:
        """The target with the default schemas."""
        return self._target

    def check(self) -> None:
        """LoaderError where there is no file."""
        check_duckdb_file_exists(self._target)

    async def open(self) -> None:
        """Take the first copy, if nobody writes at the moment."""
        with suppress(BusyError, LoaderError):
            await self._take()
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop what runs, and let all copies go."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        self._threads.shutdown(wait=True)
        self._snapshots.close()

    async def fetch(  # noqa: PLR0913 (the interface)
        self,
        organisation: str | None,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int | None = None,
        at: str | None = None,
    ) -> Result:
        """Rows of a query (see query.databases.base)."""
        snapshot = self._at(at)

        def read(cursor: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], list[Any]]:
            cursor.execute(sql, list(parameters))
            names = tuple(column[0] for column in cursor.description or ())
            return names, cursor.fetchall() if limit is None else cursor.fetchmany(limit)

        state = await self._state_of(snapshot, organisation)
        names, rows = await self._run(snapshot, organisation, read, timeout)
        return Result(names, rows, state)

    async def state(self, organisation: str | None) -> State:
        """What the copy says."""
        return await self._state_of(self._at(None), organisation)

    def stamp(self) -> object:
        """The copy; tokens are read from it, too. Without one they have yet to be read."""
        current = self._snapshots.current
        return object() if current is None else current.stamp

    async def directory(self) -> Directory:
        """The tokens and organisations that the copy knows."""

        def read(cursor: duckdb.DuckDBPyConnection) -> Directory:
            return read_directory(self._target, lambda query: cursor.execute(query).fetchall())

        return await self._run(self._at(None), None, read, DEFAULT_TIMEOUT)

    def _at(self, token: str | None) -> Snapshot:
        found = None
        if token is not None:
            found = self._snapshots.find(
                lambda one: any(state.token == token for state in one.states.values())
            )
        found = found or self._snapshots.current
        if found is None:
            raise out_of_reach()
        return found

    async def _state_of(self, snapshot: Snapshot, organisation: str | None) -> State:
        found = snapshot.states.get(organisation)
        if found is None:
            # What it says cannot change any more; whoever else asks meanwhile gets the same.
            found = await self._run(
                snapshot,
                organisation,
                lambda cursor: self._read_state(cursor, snapshot, organisation),
                DEFAULT_TIMEOUT,
            )
            snapshot.states[organisation] = found
        return found

    def _read_state(
        self, cursor: duckdb.DuckDBPyConnection, snapshot: Snapshot, organisation: str | None
    ) -> State:
        raw = target_of(self._target, organisation).raw_schema
        spine = relation_of(self._target, organisation, "int_time_spine", "intermediate")
        kept = relation_of(self._target, organisation, "kept_deliveries", "intermediate")
        bound, as_of, complete, delivery = None, None, None, None
        # Of what is not there yet nothing can be said.
        with suppress(duckdb.CatalogException):
            [(bound,)] = cursor.execute(LATEST_KEPT.format(kept=kept)).fetchall()
        with suppress(duckdb.CatalogException):
            query = LATEST_DELIVERY.format(deliveries=f"{self._target.place(raw)}.deliveries")
            delivery = delivery_of(cursor.execute(query, [bound]).fetchone())
        with suppress(duckdb.CatalogException, *_DATA_ERRORS):
            columns = cursor.execute(f"describe {spine}").fetchall()
            flag = "is_complete" if any(name == "is_complete" for name, *_ in columns) else "false"
            query = LATEST_DATES.format(spine=spine, is_complete=flag)
            [(as_of, complete)] = cursor.execute(query).fetchall()
        token = hashlib.sha256(repr((snapshot.stamp, organisation)).encode()).hexdigest()[:16]
        return State(token, as_of, delivery, complete)

    async def _run(
        self,
        snapshot: Snapshot,
        organisation: str | None,
        read: Callable[[duckdb.DuckDBPyConnection], Found],
        timeout: float,
    ) -> Found:
        deadline = time.monotonic() + timeout
        with snapshot.held():
            try:
                await asyncio.wait_for(self._free.acquire(), timeout)
            except TimeoutError:
                raise overloaded() from None
            cursor = snapshot.take_cursor()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    return await self._in_thread(read, cursor)
            except TimeoutError:
                raise too_slow(timeout) from None
            except duckdb.Error as error:
                raise _answer(error, organisation) from error
            finally:
                snapshot.give_cursor(cursor)
                self._free.release()

    async def _in_thread(
        self,
        read: Callable[[duckdb.DuckDBPyConnection], Found],
        cursor: duckdb.DuckDBPyConnection,
    ) -> Found:
        """Wait for a thread; if nobody waits any more, stop it, and be back when it has stopped."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, read, cursor)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                cursor.interrupt()
                await asyncio.wait([running], timeout=_AGAIN_SECONDS)
            running.exception()
            raise

    async def _keep(self) -> None:
        """Replace the copy whenever the file has changed."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._snapshots.tidy()
            if not self._snapshots.changed():
                continue
            started = time.monotonic()
            try:
                await self._take()
            except BusyError:
                continue
            except LoaderError as error:
                if error.message != self._problem:
                    self._notify("error", error.message)
                self._problem = error.message
            await asyncio.sleep((time.monotonic() - started) * _REST)

    async def _take(self) -> None:
        # In a thread of its own: those of queries may all be busy.
        taken = await asyncio.to_thread(self._snapshots.take)
        if taken is not None:
            self._snapshots.put(taken)
            self._problem = ""
            self._notify("info", "The copy of the DuckDB file is up to date.")


def _answer(error: duckdb.Error, organisation: str | None) -> HttpError:
    """What to say to whoever asked."""
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return not_built(organisation)
    if isinstance(error, duckdb.OutOfMemoryException):
        return too_large()
    if isinstance(error, _DATA_ERRORS):
        return stopped(explain.first_line(error))
    return out_of_reach()
