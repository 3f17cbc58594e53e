"""Asking PostgreSQL: as a role that may read the public views of one organisation, and only reads.

Each query is a transaction of its own, READ ONLY and REPEATABLE READ, so that rows and the state
that they are said to be of are of one moment.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from loader import explain
from loader.errors import LoaderError
from loader.names import quoted
from loader.organisations import read_organisations
from loader.postgres import open_postgres, opening_statements
from loader.targets import Target
from query.databases.base import DEFAULT_TIMEOUT, Result, State
from query.databases.failures import out_of_reach, overloaded, stopped, too_slow
from query.databases.postgres_states import (
    delivery_in_views,
    fingerprint,
    latest_dates,
    latest_dates_may_be_read,
)
from query.errors import HttpError, not_built, not_granted
from serving.tokens import Directory, read_tokens

#: For how long a state is taken for the current one, in seconds.
STATE_SECONDS = 1.0
# How long that may take; probes wait for it.
_LOOK_TIMEOUT = 5.0
# Beyond it the server has not heard of the limit, or does not answer at all.
_GRACE_SECONDS = 2.0
# So that a server that is gone without a word is missed within seconds, not hours.
_KEEPALIVES = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# Compiling the query takes longer than any of these answers.
_JIT = "set jit = off"

# information_schema has only tables of which one may do anything, and readers may not of these.
_ORGANISATIONS = """
select schemas.nspname
from pg_catalog.pg_class as classes
inner join pg_catalog.pg_namespace as schemas
    on classes.relnamespace = schemas.oid
where classes.relname = 'events' and classes.relkind in ('r', 'p')
"""

_BEGIN = "begin isolation level repeatable read read only"


@dataclass(frozen=True, slots=True)
class _Known:
    """A state, and when it was looked at."""

    state: State
    since: float


class PostgresDatabase:
    """A PostgreSQL database; the target's user needs the readers' roles, if `reader_role` is set.

    Beside them it reads raw.deliveries and loader.tokens, as far as it may.
    """

    def __init__(self, target: Target, *, reader_role: str, connections: int) -> None:
        self._target = target
        self._reader_role = reader_role
        own = quoted(target.role) if target.role else "none"
        self._as_itself = f"set local role {own}".encode()
        self._looker: psycopg.Connection | None = None
        self._looks = threading.Lock()
        self._known: dict[str | None, _Known] = {}
        self._looking: dict[str | None, asyncio.Lock] = {}
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection] = AsyncConnectionPool(
            kwargs={
                **_KEEPALIVES,
                **target.connect_kwargs,
                "application_name": "query",
                "autocommit": True,
                "client_encoding": "UTF8",
                "cursor_factory": psycopg.AsyncRawCursor,
                # a plan that is made for any value is a bad one for dates
                "prepare_threshold": None,
            },
            min_size=1,
            max_size=connections,
            open=False,
            configure=self._configure,
            check=AsyncConnectionPool.check_connection,
        )

    @property
    def target(self) -> Target:
        """The target with the default schemas."""
        return self._target

    async def open(self) -> None:
        """Begin to connect."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()
        self._stop_looking()

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
        """Rows of a query (see query.databases.base); no state but the current one is there."""
        del at
        async with self._errors(organisation, timeout), self._session(timeout) as session:
            state = await self._read_state(session, organisation)
            await self._act_as_reader(session, organisation)
            cursor = await session.execute(sql.encode(), parameters or None)
            names = tuple(column.name for column in cursor.description or ())
            rows = await (cursor.fetchall() if limit is None else cursor.fetchmany(limit))
            return Result(names, rows, state)

    async def state(self, organisation: str | None) -> State:
        """What the data are, or were within the last second."""
        async with self._looking.setdefault(organisation, asyncio.Lock()):
            known = self._known.get(organisation)
            if known is not None and time.monotonic() - known.since < STATE_SECONDS:
                return known.state
            async with (
                self._errors(organisation, _LOOK_TIMEOUT),
                self._session(_LOOK_TIMEOUT) as session,
            ):
                return await self._read_state(session, organisation)

    def stamp(self) -> object:
        """A second: so long may a revoked token live."""
        return int(time.monotonic())

    async def directory(self) -> Directory:
        """The tokens and organisations that the database knows."""
        try:
            return await asyncio.to_thread(self._read_directory)
        except (LoaderError, psycopg.Error) as error:
            raise out_of_reach() from error

    def _read_directory(self) -> Directory:
        """On a connection of its own, so that tokens wait for no query."""
        with self._looks:
            connection = self._looker
            try:
                if connection is None or connection.closed:
                    connection = self._looker = open_postgres(self._target)
                found = _directory(self._target, connection)
                connection.rollback()
            except BaseException:
                self._stop_looking()
                raise
            return found

    def _stop_looking(self) -> None:
        if self._looker is not None:
            with suppress(psycopg.Error):
                self._looker.close()
            self._looker = None

    def check(self) -> None:
        """LoaderError where it cannot be reached, or where the role is not there."""
        with open_postgres(self._target) as connection:
            role = self._reader_role
            if not role:
                return
            known = connection.execute("select from pg_roles where rolname = %s", [role])
            if known.fetchone() is None:
                raise LoaderError(
                    f"{self._target.label} has no role {role!r}. Create it with: loader init "
                    "--roles, or name another one with --reader-role, or none: --reader-role ''"
                )
            found = connection.execute("select pg_has_role(%s, 'MEMBER')", [role]).fetchone()
            if found != (True,):
                raise LoaderError(
                    f"The user of {self._target.label} may not act as the role {role!r}. Let an "
                    f"administrator run: grant {quoted(role)} to "
                    f"{quoted(str(self._target.connect_kwargs['user']))}"
                )

    async def _configure(self, connection: psycopg.AsyncConnection) -> None:
        for statement in opening_statements(self._target, connection.info.server_version):
            await connection.execute(statement)
        await connection.execute(_JIT)

    @asynccontextmanager
    async def _session(self, timeout: float) -> AsyncIterator[psycopg.AsyncConnection]:
        """A transaction that ends in time."""
        started = time.monotonic()
        try:
            connection = await self._pool.getconn(timeout)
        except PoolTimeout:
            # Whoever waits for others is told so; who waits for a server that is gone, as well.
            stats = self._pool.get_stats()
            raise (overloaded() if stats.get("pool_size") else out_of_reach()) from None
        try:
            left = max(0.001, timeout - (time.monotonic() - started))
            async with asyncio.timeout(left + _GRACE_SECONDS):
                limit = f"set local statement_timeout = {int(left * 1000) or 1}"
                await connection.execute(f"{_BEGIN}; {limit}".encode())
                yield connection
                await connection.execute(b"commit")
        finally:
            if not connection.closed:
                with suppress(psycopg.Error):
                    await connection.rollback()
            await self._pool.putconn(connection)

    async def _act_as_reader(
        self, session: psycopg.AsyncConnection, organisation: str | None
    ) -> None:
        if self._reader_role:
            role = quoted(self._role_of(organisation))
            await session.execute(f"set local role {role}".encode())

    def _role_of(self, organisation: str | None) -> str:
        role = self._reader_role
        return f"{role}_{organisation}" if organisation else role

    async def _read_state(
        self, session: psycopg.AsyncConnection, organisation: str | None
    ) -> State:
        since = time.monotonic()
        token = await fingerprint(session, self._target, organisation)
        known = self._known.get(organisation)
        if known is not None and known.state.token == token:
            state = known.state
        else:
            delivery = await delivery_in_views(session, self._target, organisation)
            as_of, complete = None, None
            role = self._role_of(organisation)
            if await latest_dates_may_be_read(session, self._target, organisation, role):
                await self._act_as_reader(session, organisation)
                as_of, complete = await latest_dates(session, self._target, organisation)
                await session.execute(self._as_itself)
            state = State(token, as_of, delivery, complete)
        self._known[organisation] = _Known(state, since)
        return state

    @asynccontextmanager
    async def _errors(self, organisation: str | None, timeout: float) -> AsyncIterator[None]:
        try:
            yield
        except TimeoutError:
            raise too_slow(timeout) from None
        except psycopg.Error as error:
            raise self._answer(error, organisation, timeout) from error

    def _answer(self, error: psycopg.Error, organisation: str | None, timeout: float) -> HttpError:
        if isinstance(error, psycopg.errors.QueryCanceled):
            return too_slow(timeout)
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return not_granted(self._role_of(organisation) or "of the server")
        if isinstance(
            error,
            psycopg.errors.UndefinedTable
            | psycopg.errors.UndefinedColumn
            | psycopg.errors.InvalidSchemaName,
        ):
            return not_built(organisation)
        if isinstance(error, psycopg.errors.InvalidParameterValue):  # no such role
            return not_granted(self._role_of(organisation))
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return out_of_reach()
        return stopped(explain.first_line(error))


def _directory(target: Target, connection: psycopg.Connection) -> Directory:
    def select(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query.encode()).fetchall()

    found = read_organisations(target.raw_schema, select, _ORGANISATIONS)
    return Directory(tuple(read_tokens(target, select)), frozenset(found))
