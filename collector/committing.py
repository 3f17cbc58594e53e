"""Group commit: whatever waits while one commit runs shares the next one.

One thread writes. It takes all that waits, up to a number of events, appends it in one
transaction, and only after the commit are the requests answered. Under load the groups grow by
themselves, so throughput does not depend on one flush to disk for each request; without load a
request waits for nobody.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from collector.intake import Batch
from collector.metrics import Metrics
from collector.writer import FullError, RefusedError, UnavailableError, Writer

_IDLE_SECONDS = 0.5
# How long to wait before the database is tried again, at first and at most.
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

Result = TypeVar("Result")

#: Called with whether the database can be used, and a sentence where it cannot.
Notify = Callable[[bool, str], None]


class QueueFullError(Exception):
    """As many events wait as may."""


@dataclass(slots=True)
class _Waiting:
    """A batch and who waits for it."""

    batch: Batch
    done: asyncio.Future[None]


def _nothing() -> None:
    """Nobody waits for the first try."""


def _finish(finish: Callable[[Any], None], done: asyncio.Future[Any], result: object) -> None:
    """Tell whoever still waits."""
    if not done.done():
        finish(result)


class Committer:
    """Takes batches in the event loop and writes them in a thread of its own."""

    def __init__(
        self,
        writer: Writer,
        *,
        queue_events: int,
        group_events: int,
        metrics: Metrics,
        notify: Notify,
    ) -> None:
        self._writer = writer
        self._queue_events = queue_events
        self._group_events = group_events
        self._metrics = metrics
        self._notify = notify
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._errands: deque[Callable[[], None]] = deque()
        self._events = 0
        self._stopping = False
        self._problem: str | None = "The database has not been opened yet."
        self._announced: bool | None = None
        self._tried: Callable[[], None] = _nothing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    @property
    def problem(self) -> str | None:
        """Why the database cannot be used for now; None where it can."""
        return self._problem

    @property
    def waiting_events(self) -> int:
        """Events that wait for the next commit."""
        return self._events

    @property
    def full(self) -> bool:
        """Whether not one more event is taken."""
        return self._events >= self._queue_events

    async def start(self) -> None:
        """Start the thread, and wait until it has tried the database once."""
        self._loop = asyncio.get_running_loop()
        tried = asyncio.Event()
        self._tried = lambda: self._call(tried.set)
        self._thread.start()
        await tried.wait()

    async def stop(self) -> None:
        """Write what was taken, then end the thread and close the database."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        while self._thread.is_alive():
            await asyncio.sleep(0.01)

    async def submit(self, batch: Batch) -> None:
        """Append a batch; when this returns, it is committed and its items have outcomes.

        Raises QueueFullError, UnavailableError or RefusedError.
        """
        if not batch.items:
            return
        if self._problem is not None:
            raise UnavailableError(self._problem)
        number = len(batch.items)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._stopping:
                raise UnavailableError("The collector is stopping.")
            if self._events + number > self._queue_events:
                raise QueueFullError
            self._queue.append(_Waiting(batch, done))
            self._events += number
            self._changed.notify()
        await done

    async def call(self, function: Callable[[], Result]) -> Result:
        """Call something in the writer's thread, between two commits; what it returns or raises."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def errand() -> None:
            try:
                found = function()
            except Exception as error:  # noqa: BLE001 (whoever asked must be answered)
                if isinstance(error, UnavailableError):
                    self._say(error)
                self._call(partial(_finish, done.set_exception, done, error))
            else:
                self._call(partial(_finish, done.set_result, done, found))

        if self._problem is not None:
            raise UnavailableError(self._problem)
        with self._changed:
            if self._stopping:
                raise UnavailableError("The collector is stopping.")
            self._errands.append(errand)
            self._changed.notify()
        return await done

    def _run(self) -> None:
        self._reopen()
        self._tried()
        while True:
            group = self._next_group()
            if group is None:
                break
            errands = self._run_errands()
            if not group and errands:
                pass
            elif not group:
                self._while_idle()
            else:
                self._commit(group)
            if self._problem is not None:
                self._fail_all(UnavailableError(self._problem))
                self._pause_until_open()
        self._run_errands()
        self._writer.close()

    def _next_group(self) -> list[_Waiting] | None:
        """What waits; nothing after a moment without any; None at the end."""
        with self._changed:
            if not self._queue and not self._errands and not self._stopping:
                self._changed.wait(_IDLE_SECONDS)
            if not self._queue:
                return None if self._stopping else []
            group = [self._queue.popleft()]
            events = len(group[0].batch.items)
            while self._queue and events + len(self._queue[0].batch.items) <= self._group_events:
                group.append(self._queue.popleft())
                events += len(group[-1].batch.items)
            self._events -= events
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        started = time.monotonic()
        try:
            self._writer.write([waiting.batch for waiting in group])
        except UnavailableError as error:
            self._say(error)
            self._resolve(group, error)
        except FullError as error:
            self._resolve(group[: error.taken], None)
            self._resolve(group[error.taken :], QueueFullError())
        except RefusedError as error:
            if len(group) == 1:
                self._resolve(group, error)
                return
            # One of them spoils it for the others, so each gets a commit of its own.
            for waiting in group:
                if self._problem is None:
                    self._commit([waiting])
                else:
                    self._resolve([waiting], UnavailableError(self._problem))
        except Exception as error:  # noqa: BLE001 (whatever it is, requests must be answered)
            self._resolve(group, error)
        else:
            seconds = time.monotonic() - started
            events = sum(len(waiting.batch.items) for waiting in group)
            self._metrics.committed(len(group), events, seconds)
            self._resolve(group, None)

    def _run_errands(self) -> int:
        """Do what was asked for; how much that was."""
        done = 0
        while self._errands:
            self._errands.popleft()()
            done += 1
        return done

    def _while_idle(self) -> None:
        try:
            self._writer.idle()
        except UnavailableError as error:
            self._say(error)

    def _pause_until_open(self) -> None:
        self._run_errands()
        pause = _FIRST_PAUSE
        while self._problem is not None:
            with self._changed:
                if self._stopping:
                    return
                self._changed.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._reopen()

    def _reopen(self) -> None:
        try:
            self._writer.open()
        except UnavailableError as error:
            self._say(error)
        else:
            self._problem = None
            self._announce(True, "")

    def _say(self, error: UnavailableError) -> None:
        self._problem = str(error)
        self._announce(False, self._problem)

    def _announce(self, available: bool, problem: str) -> None:
        self._metrics.database_up.set(available)
        if available is not self._announced:
            self._announced = available
            self._notify(available, problem)

    def _fail_all(self, error: Exception) -> None:
        with self._changed:
            group = list(self._queue)
            self._queue.clear()
            self._events = 0
        self._resolve(group, error)

    def _resolve(self, group: list[_Waiting], error: Exception | None) -> None:
        """Wake up all who wait, with one call into their loop."""

        def wake() -> None:
            for waiting in group:
                if waiting.done.done():
                    continue  # its client has gone or its time is over
                if error is None:
                    waiting.done.set_result(None)
                else:
                    waiting.done.set_exception(error)

        if group:
            self._call(wake)

    def _call(self, function: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)
