"""A server's log: one JSON object on a line, on standard error.

It says what happened to a batch, never what was in it: no property, no user, no token.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import IO


class Log:
    """Writes lines to a stream; standard error where none is given."""

    def __init__(self, stream: IO[str] | None = None, *, batches: bool = True) -> None:
        self._stream = stream or sys.stderr
        self._batches = batches

    def batch(self, **fields: object) -> None:
        """One request that brought events, however it ended."""
        if self._batches:
            self.write("info", "batch", **fields)

    def write(self, level: str, message: str, **fields: object) -> None:
        """One line; ``fields`` are JSON values."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": time, "level": level, "message": message, **fields}
        self._stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._stream.flush()
