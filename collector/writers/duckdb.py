"""Writing to a DuckDB file, which is let go while nothing comes so that others may have it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import duckdb

from collector.intake import Batch
from collector.writer import RefusedError, UnavailableError, append
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.stores.duckdb_tables import DuckDBTables
from loader.targets import Target, open_duckdb
from serving.tokens import Directory, read_directory

# A group is too little for two threads: the second one mostly looks for work, on a core that others
# need.
_SETTINGS = {"memory_limit": "448MB", "threads": 1}
# After so many commits what DuckDB holds in memory is given back.
_TIDY_COMMITS = 1000
_TOO_LITTLE = "1KB"
# What is wrong with the events themselves, not with the file or the disk.
_DATA_ERRORS = (duckdb.ConversionException, duckdb.ConstraintException, duckdb.DataError)


class DuckDBWriter:
    """The only writer of the file while it has it open."""

    def __init__(self, target: Target, *, lock_timeout: float, release_after: float) -> None:
        self._target = target
        self._lock_timeout = lock_timeout
        self._release_after = release_after
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._memory = ""
        self._commits = 0
        self._used = 0.0
        self._stamp: object = 0

    def open(self) -> None:
        """Open the file, unless it is open, and look for the raw tables."""
        with self._errors("looking for the raw tables"):
            self._tables(self._opened(), self._target.raw_schema).look()

    def write(self, batches: Sequence[Batch]) -> None:
        """Append in one transaction, which is on disk when this returns."""
        with self._errors("appending events"):
            connection = self._opened()
            self._tidy(connection)
            connection.begin()
            append(self._target, batches, partial(self._tables, connection))
            connection.commit()
        self._commits += 1
        self._used = time.monotonic()

    def directory(self) -> Directory:
        """Read who is known."""
        with self._errors("reading the tokens"):
            connection = self._opened()
            return read_directory(self._target, lambda query: connection.execute(query).fetchall())

    def stamp(self) -> object:
        """When the file was changed; while it is open here, nobody else can change it."""
        if self._connection is None:
            try:
                found = self._target.duckdb_path.stat()
            except OSError:
                return None
            self._stamp = (found.st_mtime_ns, found.st_size)
        return self._stamp

    def idle(self) -> None:
        """Let the file go when nothing has come for a while."""
        if self._connection is not None and time.monotonic() - self._used > self._release_after:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.close()
            self._connection = None

    def _tables(self, connection: duckdb.DuckDBPyConnection, schema: str) -> DuckDBTables:
        return DuckDBTables(connection, self._target.place(schema))

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            connection = open_duckdb(self._target, wait_seconds=self._lock_timeout)
            given = {**self._target.settings, **self._target.config_options}
            for name, value in _SETTINGS.items():
                if name not in given:
                    connection.execute(f"set {name} = '{value}'")
            self._memory = str(given.get("memory_limit", _SETTINGS["memory_limit"]))
            self._connection = connection
            self._used = time.monotonic()
            self._commits = 0
        return self._connection

    def _tidy(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB give memory back every now and then, or it grows with the number of commits.

        Each look for ids leaves some eight kilobytes in the queues of its buffer pool: what is
        known of blocks that are gone. They are looked through when memory is short, so for a
        moment it is. After a checkpoint there is nothing that would have to be put on disk.
        """
        if self._commits < _TIDY_COMMITS:
            return
        self._commits = 0
        connection.execute("checkpoint")
        with suppress(duckdb.OutOfMemoryException):  # after it has looked through all of them
            connection.execute(f"set memory_limit = '{_TOO_LITTLE}'")
        connection.execute(f"set memory_limit = '{self._memory}'")

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            with database_errors(self._target, doing):
                yield
        except LoaderError as error:
            # After a fatal error DuckDB refuses all but closing, so closing is the way back.
            self.close()
            if isinstance(error.__cause__, _DATA_ERRORS):
                raise RefusedError(error.message) from error
            raise UnavailableError(error.message) from error
        except BaseException:
            self.close()
            raise
