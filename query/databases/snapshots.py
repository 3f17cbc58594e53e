"""Copies of a DuckDB file, so that who asks never meets who writes.

DuckDB lets a file have one writer or many readers, and turns everybody else away. The server
therefore never opens the file itself: it asks a copy of its own, made while nobody writes, and
makes another one after the file has changed. A writer is never kept waiting, and while there is
one, the last copy goes on answering.

A copy is whole if nobody had the file locked for writing before and after, and if its size and
times are then the same: a writer locks the file for as long as it has it open, and what it writes
changes them.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from loader import explain, quiet_duckdb
from loader.errors import LoaderError
from query.databases.base import State

# A file that was changed less long ago might change again within the same tick of its clock.
_SETTLED_SECONDS = 0.1
# How long a copy is kept that cursors may still name, beside the current one.
KEEP_SECONDS = 300.0
#: What a copy may have of this machine, unless profiles.yml says otherwise.
_SETTINGS = {"memory_limit": "1GB"}
# Nothing but this file may be read, and nothing written; that cannot be changed again.
_CLOSE_IN = """
set autoinstall_known_extensions = false;
set autoload_known_extensions = false;
set enable_external_access = false;
"""
# linux/fs.h: share the blocks of a file, where the file system can; at once, whatever the size
_FICLONE = 0x40049409
# struct flock: kind, from where on, start, length, whose; on a Mac kind and from where come last
_IS_MAC = platform.system() == "Darwin"
_FLOCK = "qqihh" if _IS_MAC else "hhqqi4x"

Stamp = tuple[int, ...]


class BusyError(Exception):
    """Somebody writes to the file; a copy can be made later."""


class Snapshot:
    """One copy, opened to read; closed once it is retired and nobody uses it any more."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, stamp: Stamp) -> None:
        self.stamp = stamp
        self.retired_at: float | None = None
        self.states: dict[str | None, State] = {}
        self._connection = connection
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._users = 0
        self._closing = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it open."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._closing and not self._users:
                self._close()

    def take_cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one query; hold the copy until it is back."""
        return self._cursors.pop() if self._cursors else quiet_duckdb.cursor_of(self._connection)

    def give_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take a connection back."""
        self._cursors.append(cursor)

    def close(self) -> None:
        """Close it, at once or when the last query has ended."""
        self._closing = True
        if not self._users:
            self._close()

    def _close(self) -> None:
        for cursor in self._cursors:
            cursor.close()
        self._connection.close()


class Snapshots:
    """The current copy of a file, and the one before it for a while.

    ``directory`` is where copies go, beside the file unless given: there a file system that can
    share blocks needs no time and no space for them. Copies have no name once they are open, so
    nothing is left of them, however the server ends.
    """

    def __init__(
        self, path: Path, directory: Path | None, config: Mapping[str, Any], connections: int
    ) -> None:
        self._path = path
        self._directory = directory or path.parent
        self._config = {
            **_SETTINGS,
            "threads": str(max(1, min(connections, os.cpu_count() or 1))),
            **{name: str(value) for name, value in config.items()},
        }
        self.current: Snapshot | None = None
        self._before: Snapshot | None = None

    def find(self, wanted: Callable[[Snapshot], bool]) -> Snapshot | None:
        """A copy for which this holds."""
        for snapshot in (self.current, self._before):
            if snapshot is not None and wanted(snapshot):
                return snapshot
        return None

    def take(self) -> Snapshot | None:
        """A new copy, if the file has changed since the current one; takes as long as a copy does.

        Raises:
            BusyError: Somebody writes.
            LoaderError: The file cannot be read, or copied, or opened.
        """
        stamp = _stamp(self._path)
        if stamp is None:
            raise LoaderError(f"There is no DuckDB file {self._path}. Create it with: loader init")
        if self.current is not None and self.current.stamp == stamp:
            return None
        try:
            if _is_being_written(self._path) or not _has_settled(stamp):
                raise BusyError
            with tempfile.TemporaryDirectory(
                prefix=f".{self._path.name}-query-", dir=self._directory
            ) as place:
                # By the same name, which is the database's: views name it.
                copy = Path(place) / self._path.name
                _copy(self._path, copy)
                _copy(_log_of(self._path), _log_of(copy))
                if _is_being_written(self._path) or _stamp(self._path) != stamp:
                    raise BusyError
                return Snapshot(self._open(copy), stamp)
        except OSError as error:
            raise LoaderError(
                f"Cannot copy {self._path} into {self._directory}: {error.strerror}. The server "
                "asks a copy of the file; name another place for it with --snapshots."
            ) from error

    def put(self, snapshot: Snapshot) -> None:
        """Make it the current one; the one before goes on for those who read on in it."""
        if self._before is not None:
            self._before.close()
        self._before = self.current
        if self._before is not None:
            self._before.retired_at = time.monotonic()
        self.current = snapshot

    def tidy(self) -> None:
        """Close the one before once nobody reads on in it."""
        before = self._before
        if before is None or before.retired_at is None:
            return
        if time.monotonic() - before.retired_at > KEEP_SECONDS:
            before.close()
            self._before = None

    def close(self) -> None:
        """Close all of them."""
        for snapshot in (self.current, self._before):
            if snapshot is not None:
                snapshot.close()
        self.current = self._before = None

    def changed(self) -> bool:
        """Whether the file is no longer what the current copy is of."""
        return self.current is None or self.current.stamp != _stamp(self._path)

    def _open(self, copy: Path) -> duckdb.DuckDBPyConnection:
        # Its own spill, since the folder of the copy is gone by then.
        spill = Path(tempfile.gettempdir()) / f"query-{os.getpid()}.spill"
        config = {"temp_directory": str(spill), **self._config}
        try:
            connection = quiet_duckdb.connect(copy, read_only=True, config=config)
            connection.execute(_CLOSE_IN)
        except duckdb.Error as error:
            raise LoaderError(explain.duckdb_connection(self._path, error)) from error
        return connection


def _stamp(path: Path) -> Stamp | None:
    """What changes with the file or its log; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    parts = [found.st_ino, found.st_size, found.st_mtime_ns]
    with suppress(OSError):
        log = _log_of(path).stat()
        parts += [log.st_ino, log.st_size, log.st_mtime_ns]
    return tuple(parts)


def _has_settled(stamp: Stamp) -> bool:
    latest = max(stamp[2::3])
    return time.time_ns() - latest > _SETTLED_SECONDS * 1e9


def _log_of(path: Path) -> Path:
    """Where DuckDB keeps what it has not yet put into the file."""
    return path.with_name(path.name + ".wal")


def _is_being_written(path: Path) -> bool:
    """Whether another process has a lock that keeps readers out; takes none itself."""
    kind, whole = (fcntl.F_RDLCK, os.SEEK_SET), (0, 0, 0)
    asked = struct.pack(_FLOCK, *((*whole, *kind) if _IS_MAC else (*kind, *whole)))
    with path.open("rb") as file:
        answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    return bool(struct.unpack(_FLOCK, answer)[3 if _IS_MAC else 0] == fcntl.F_WRLCK)


def _copy(source: Path, copy: Path) -> None:
    """Copy a file, if there is one."""
    try:
        with source.open("rb") as read, copy.open("wb") as written:
            try:
                fcntl.ioctl(written, _FICLONE, read.fileno())
            except OSError:
                shutil.copyfileobj(read, written, 1 << 20)
    except FileNotFoundError:
        if copy.exists():
            copy.unlink()
