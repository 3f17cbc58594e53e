"""Writing to PostgreSQL: arrays of columns in one statement, on a connection that stays open."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import psycopg

from collector.intake import Batch
from collector.writer import RefusedError, UnavailableError, append
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.postgres import open_postgres
from loader.stores.postgres_tables import PostgresTables
from loader.targets import Target
from serving.tokens import Directory, read_directory

_ATTEMPTS = 5
# A lock that somebody else holds must not stop the collector for longer than its clients wait.
_STATEMENT_TIMEOUT = "20s"
# So that a server that is gone without a word is missed within seconds, not hours.
_KEEPALIVES = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_PING_SECONDS = 2.0


class PostgresWriter:
    """Needs the privileges of the loader: SELECT and INSERT on the raw tables."""

    def __init__(self, target: Target) -> None:
        self._target = replace(target, connect_kwargs={**_KEEPALIVES, **target.connect_kwargs})
        self._connection: psycopg.Connection | None = None
        self._pinged = 0.0

    def open(self) -> None:
        """Connect, unless connected, and look for the raw tables."""
        with self._errors("looking for the raw tables"):
            connection = self._connected()
            PostgresTables(connection, self._target.raw_schema).look()
            connection.rollback()

    def write(self, batches: Sequence[Batch]) -> None:
        """Append; what other loaders keep it from doing is tried again."""
        with self._errors("appending events"):
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._write(self._connected(), batches)
                    return
                except (
                    psycopg.errors.DeadlockDetected,
                    psycopg.errors.SerializationFailure,
                    # of a time, that is: two writers had deliveries in the same microsecond
                    psycopg.errors.UniqueViolation,
                ):
                    if attempt == _ATTEMPTS:
                        raise
                    self._connected().rollback()
                    time.sleep(random.uniform(0.01, 0.02) * 2**attempt)  # noqa: S311 (no secret)

    def directory(self) -> Directory:
        """Read who is known."""
        with self._errors("reading the tokens"):
            connection = self._connected()
            found = read_directory(
                self._target,
                lambda query: connection.execute(query.encode()).fetchall(),
            )
            connection.rollback()
            return found

    def stamp(self) -> object:
        """A second: so long may a revoked token live."""
        return int(time.monotonic())

    def idle(self) -> None:
        """Notice that the server is gone before a client does."""
        if time.monotonic() - self._pinged >= _PING_SECONDS:
            with self._errors("looking after the connection"):
                connection = self._connected()
                connection.execute("select 1")
                connection.rollback()
            self._pinged = time.monotonic()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _write(self, connection: psycopg.Connection, batches: Sequence[Batch]) -> None:
        append(self._target, batches, partial(PostgresTables, connection))
        connection.commit()

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            connection = open_postgres(self._target)
            connection.execute(f"set statement_timeout = '{_STATEMENT_TIMEOUT}'")
            connection.execute(_DURABLE)
            connection.commit()
            self._connection = connection
        return self._connection

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            with database_errors(self._target, doing):
                yield
        except LoaderError as error:
            cause = error.__cause__
            self._roll_back()
            if isinstance(cause, psycopg.DataError | psycopg.IntegrityError):
                raise RefusedError(error.message) from error
            raise UnavailableError(error.message) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.rollback()
        except psycopg.Error:
            self.close()


# Where a server confirms commits before they are on disk, an answer would promise too much. Set in
# any case, since the server's setting may change while the session lasts.
_DURABLE = """
    select set_config(
        'synchronous_commit',
        coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'),
        false
    )
"""
