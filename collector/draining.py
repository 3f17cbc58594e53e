"""Takes what collectors left in the stream, appends it, and acknowledges after the commit.

Whatever ends a drain, an entry is deleted only after its commit. What was at hand stays pending
and is claimed by another drain; events that it commits once more are recognised by their ids.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from collector.intake import Batch
from collector.stream import Entry, Stream
from collector.writer import RefusedError, UnavailableError, Writer
from serving.logs import Log
from serving.tokens import Directory

_FIRST_NUMBER = 10
_MOST_ENTRIES = 1_000
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class Drain:
    """One consumer of the stream; several may run at once."""

    def __init__(
        self, stream: Stream, writer: Writer, log: Log, *, group_events: int, claim_after: float
    ) -> None:
        self._stream = stream
        self._writer = writer
        self._log = log
        self._group_events = group_events
        self._claim_after = claim_after
        self._consumer = f"drain-{uuid.uuid4().hex[:12]}"
        self._stopping = threading.Event()
        self._number = _FIRST_NUMBER
        self._at_hand: list[Entry] = []
        self._claimed = 0.0
        self._available: bool | None = None
        self._stamp: object = None
        self._published: Directory | None = None

    def stop(self) -> None:
        """Finish what is at hand; `run` returns then."""
        self._stopping.set()

    def run(self) -> None:
        """Drain until `stop` is called, whatever goes and comes meanwhile."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                if not self._available:
                    self._open()
                self._round()
                pause = _FIRST_PAUSE
            except UnavailableError as error:
                self._say(False, problem=str(error))
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        with suppress(UnavailableError):
            self._stream.leave(self._consumer)
        self._stream.close()
        self._writer.close()

    def _open(self) -> None:
        self._stream.open()
        self._writer.open()
        self._stamp = self._published = None
        self._say(True)

    def _round(self) -> None:
        self._publish_directory()
        if not self._at_hand:
            self._at_hand = self._next()
        if not self._at_hand:
            self._writer.idle()
            return
        started = time.monotonic()
        committed = self._write(self._readable(self._at_hand))
        if committed:
            self._stream.done([entry_id for entry_id, _ in committed])
            self._note([batch for _, batch in committed], time.monotonic() - started)
        self._at_hand = []

    def _next(self) -> list[Entry]:
        if time.monotonic() - self._claimed >= self._claim_after / 2:
            found = self._stream.claim(self._consumer, self._number, self._claim_after)
            if found:
                return found
            self._claimed = time.monotonic()
        found = self._stream.read(self._consumer, self._number)
        # As many as make a good transaction: requests may hold one event or thousands.
        events = sum(len(entry.batch.items) for entry in found if entry.batch)
        if events > self._group_events:
            self._number = max(1, self._number // 2)
        elif len(found) == self._number and events < self._group_events // 2:
            self._number = min(_MOST_ENTRIES, self._number * 2)
        return found

    def _readable(self, entries: Sequence[Entry]) -> list[tuple[bytes, Batch]]:
        found: list[tuple[bytes, Batch]] = []
        for entry in entries:
            if entry.batch is None:
                self._leave(entry.entry_id, "it was not written by a collector of this version")
            else:
                found.append((entry.entry_id, entry.batch))
        return found

    def _write(self, entries: list[tuple[bytes, Batch]]) -> list[tuple[bytes, Batch]]:
        """Append; the entries that are committed. Those that are refused stay in the stream."""
        try:
            if entries:
                self._writer.write([batch for _, batch in entries])
            return entries
        except RefusedError as error:
            if len(entries) == 1:
                self._leave(entries[0][0], str(error))
                return []
        # One of them spoils it for the others, so each gets a commit of its own.
        return [written for entry in entries for written in self._write([entry])]

    def _leave(self, entry_id: bytes, problem: str) -> None:
        self._log.write("error", "entry stays in stream", entry=entry_id.decode(), problem=problem)

    def _publish_directory(self) -> None:
        """Collectors need no database for them; without the privilege, they do without."""
        stamp = self._writer.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            directory = self._writer.directory()
        except UnavailableError as error:
            # If the database is gone, the next write says so, too.
            self._log.write("warning", "tokens cannot be read", problem=str(error))
            return
        if directory != self._published:
            self._stream.publish(directory)
            self._published = directory

    def _note(self, batches: Sequence[Batch], seconds: float) -> None:
        counts: dict[str | None, Counter[str]] = {}
        for batch in batches:
            counts.setdefault(batch.organisation, Counter()).update(batch.counts())
        for organisation, own in counts.items():
            self._log.batch(
                organisation=organisation, requests=len(batches), **own, seconds=round(seconds, 4)
            )

    def _say(self, available: bool, **fields: str) -> None:
        if available is not self._available:
            self._available = available
            level = "info" if available else "error"
            self._log.write(level, "available" if available else "unavailable", **fields)
