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
from loader.organisations import target_of
from loader.postgres import open_postgres, settings_statement
from loader.targets import Target
from query.databases.base import DEFAULT_TIMEOUT, Result, State, relation_of, schema_of
from query.databases.failures import out_of_reach, overloaded, stopped, too_slow
from query.databases.states import LATEST_DATES, LATEST_DELIVERY, LATEST_KEPT, delivery_of
from query.errors import HttpError, not_built, not_granted
from serving.tokens import Directory, read_directory

#: For how long a state is taken for the current one, in seconds.
STATE_SECONDS = 1.0
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

_BEGIN = "begin isolation level repeatable read read only"

# What changes with the rows of any table of these schemas, and with any relation: the statistics
# that PostgreSQL keeps of tables, and the transactions that wrote what it knows of them. Everybody
# may read both. Statistics follow within seconds, definitions with the commit.
_FINGERPRINT = """
with relations as (
    select
        classes.oid,
        classes.xmin as changed,
        rules.xmin as redefined
    from pg_catalog.pg_class as classes
    inner join pg_catalog.pg_namespace as schemas
        on classes.relnamespace = schemas.oid
    left join pg_catalog.pg_rewrite as rules
        on classes.oid = rules.ev_class
    where schemas.nspname = any($1) and classes.relkind in ('r', 'p', 'v', 'm')
),

definitions as (
    select
        string_agg(
            oid || ':' || changed || ':' || coalesce(redefined::text, ''), ',' order by oid
        ) as text
    from relations
),

rows as (
    select string_agg(relid || ':' || (n_tup_ins + n_tup_upd + n_tup_del), ',' order by relid)
        as text
    from pg_catalog.pg_stat_all_tables
    where schemaname = any($1)
)

select md5(concat_ws(';', $1::text, definitions.text, rows.text))
from definitions
cross join rows
"""

# Whether a role may read a table; null where there is none.
_MAY_READ = """
select
    has_schema_privilege($2, classes.relnamespace, 'usage')
    and has_table_privilege($2, classes.oid, 'select')
from pg_catalog.pg_class as classes
where classes.oid = to_regclass($1)
"""

_IS_FLAGGED = """
select from pg_catalog.pg_attribute where attrelid = to_regclass($1) and attname = 'is_complete'
"""


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
        """Connect. LoaderError where the database will not do, or the role is not there."""
        await asyncio.to_thread(self._check)
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
                self._errors(organisation, DEFAULT_TIMEOUT),
                self._session(DEFAULT_TIMEOUT) as session,
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
                found = read_directory(
                    self._target, lambda query: connection.execute(query.encode()).fetchall()
                )
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

    def _check(self) -> None:
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
        if self._target.role:
            await connection.execute(f"set role {quoted(self._target.role)}".encode())
        await connection.execute(settings_statement(connection.info.server_version))
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
        target = target_of(self._target, organisation)
        built = schema_of(self._target, organisation)
        schemas = [target.raw_schema, built]
        schemas += [f"{built}_{name}" for name in ("definitions", "intermediate", "staging")]
        [(token,)] = await (await session.execute(_FINGERPRINT, [schemas])).fetchall()
        known = self._known.get(organisation)
        if known is not None and known.state.token == token[:16]:
            state = known.state
        else:
            state = State(token[:16], *await self._describe(session, organisation))
        self._known[organisation] = _Known(state, since)
        return state

    async def _describe(
        self, session: psycopg.AsyncConnection, organisation: str | None
    ) -> tuple[Any, Any, Any]:
        """Dates and delivery of a state, as far as the user may read of them."""
        raw = target_of(self._target, organisation).raw_schema
        place = self._target.place(raw)
        kept = relation_of(self._target, organisation, "kept_deliveries", "intermediate")
        spine = relation_of(self._target, organisation, "int_time_spine", "intermediate")
        bound, as_of, complete, delivery = None, None, None, None
        if await self._may_read(session, kept):
            query = LATEST_KEPT.format(kept=kept)
            [(bound,)] = await (await session.execute(query.encode())).fetchall()
        if await self._may_read(session, f"{place}.deliveries"):
            query = LATEST_DELIVERY.format(deliveries=f"{place}.deliveries")
            delivery = delivery_of(
                await (await session.execute(query.encode(), [bound])).fetchone()
            )
        if await self._may_read(session, spine, self._role_of(organisation)):
            await self._act_as_reader(session, organisation)
            flagged = await (await session.execute(_IS_FLAGGED, [spine])).fetchone()
            flag = "is_complete" if flagged else "false"
            query = LATEST_DATES.format(spine=spine, is_complete=flag)
            [(as_of, complete)] = await (await session.execute(query.encode())).fetchall()
            await session.execute(self._as_itself)
        return as_of, delivery, complete

    async def _may_read(
        self, session: psycopg.AsyncConnection, relation: str, role: str = ""
    ) -> bool:
        if role:
            cursor = await session.execute("select from pg_roles where rolname = $1", [role])
            if await cursor.fetchone() is None:
                return False
        [(user,)] = await (await session.execute("select current_user::text")).fetchall()
        found = await (await session.execute(_MAY_READ, [relation, role or user])).fetchone()
        return found == (True,)

    @asynccontextmanager
    async def _errors(self, organisation: str | None, timeout: float) -> AsyncIterator[None]:
        try:
            yield
        except TimeoutError:
            raise too_slow(timeout) from None
        except psycopg.Error as error:
            raise self._answer(error, organisation, timeout) from error

    def _answer(self, error: psycopg.Error, organisation: str | None, timeout: float) -> HttpError:
        what = "What was asked for"
        if isinstance(error, psycopg.errors.QueryCanceled):
            return too_slow(timeout)
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return not_granted(what, self._role_of(organisation) or "of the server")
        if isinstance(
            error,
            psycopg.errors.UndefinedTable
            | psycopg.errors.UndefinedColumn
            | psycopg.errors.InvalidSchemaName,
        ):
            return not_built(what, organisation)
        if isinstance(error, psycopg.errors.InvalidParameterValue):  # no such role
            return not_granted(what, self._role_of(organisation))
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return out_of_reach()
        return stopped(explain.first_line(error))
