"""Writing to a stream in Redis, from which `collector drain` takes what it commits."""

from __future__ import annotations

import time
from collections.abc import Sequence

from collector.intake import BUFFERED, Batch
from collector.stream import Stream
from collector.writer import Backlog, FullError
from loader.contract import Rejection
from loader.stores.groups import REJECTED
from serving.tokens import Directory

_PING_SECONDS = 2.0


class StreamWriter:
    """Needs no database: tokens, too, come from the stream's server."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._pinged = 0.0

    def open(self) -> None:
        """Connect, and look whether the server keeps what it confirms."""
        self._stream.open()

    def write(self, batches: Sequence[Batch]) -> None:
        """Append; Redis answers after it has written to disk. FullError where there is no room."""
        taken = self._stream.append(batches)
        for batch in batches[:taken]:
            for item in batch.items:
                item.outcome = REJECTED if isinstance(item.result, Rejection) else BUFFERED
        if taken < len(batches):
            raise FullError(taken)

    def backlog(self) -> Backlog:
        """What waits in the stream."""
        return self._stream.backlog()

    def directory(self) -> Directory:
        """Who is known, as a drain has published it."""
        return self._stream.directory()

    def stamp(self) -> object:
        """A second: so long may a revoked token live, after a drain has noticed."""
        return int(time.monotonic())

    def idle(self) -> None:
        """Notice that the server is gone before a client does."""
        if time.monotonic() - self._pinged >= _PING_SECONDS:
            self._stream.backlog()
            self._pinged = time.monotonic()

    def close(self) -> None:
        """Close the connections."""
        self._stream.close()
