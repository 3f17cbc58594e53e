"""Tokens: who may deliver to, or ask, which organisation.

Only the SHA-256 of a token is stored. A token is 256 random bits, so its digest needs no salt: it
cannot be guessed, and two tokens are never alike.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from loader.errors import LoaderError
from loader.failures import database_errors
from loader.names import quoted
from loader.organisations import organisations, read_organisations
from loader.postgres import open_postgres
from loader.targets import Target, open_duckdb

SCHEMA = "loader"
SCOPES = ("ingest", "query")
_PREFIX = "ea_"
_ID_CHARACTERS = 12

Execute = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

_CREATE = """
create schema if not exists {place};
create table if not exists {place}.tokens (
    token_sha256 varchar(64) not null primary key,
    organisation varchar(30),
    scopes varchar(100) not null,
    source varchar(100) not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);
"""
_COLUMNS = "token_sha256, organisation, scopes, source, created_at, expires_at, revoked_at"
_SELECT = f"select {_COLUMNS} from {{place}}.tokens order by created_at, token_sha256"
_EXISTS = f"""
select 1 from information_schema.tables
where
    table_catalog = current_database() and table_schema = '{SCHEMA}' and table_name = 'tokens'
"""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; ``source`` is the name that its events' senders go by."""

    token_sha256: str
    organisation: str | None
    scopes: tuple[str, ...]
    source: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def token_id(self) -> str:
        """What names it to people: the beginning of its digest."""
        return self.token_sha256[:_ID_CHARACTERS]

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "valid"

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """For JSON, without the digest."""
        return {
            "token_id": self.token_id,
            "organisation": self.organisation,
            "scopes": list(self.scopes),
            "source": self.source,
            "state": self.state(now),
            "created_at": _text(self.created_at),
            "expires_at": _text(self.expires_at),
            "revoked_at": _text(self.revoked_at),
        }


@dataclass(frozen=True, slots=True)
class Directory:
    """Whom a database knows: its tokens, and the organisations that have raw tables there."""

    tokens: tuple[Token, ...] = ()
    organisations: frozenset[str] = frozenset()


def digest(token: str) -> str:
    """The SHA-256 of a token, by which it is known."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _from_row(row: Sequence[Any]) -> Token:
    return Token(row[0], row[1], tuple(row[2].split(",")), *row[3:])


def create_token(  # noqa: PLR0913 (one for each property)
    target: Target,
    organisation: str | None,
    scopes: Sequence[str],
    *,
    source: str | None,
    expires_at: datetime | None,
    reader_role: str,
) -> tuple[str, Token]:
    """Create a token; the text of it, which is kept nowhere, and what is known of it.

    ``reader_role`` is the PostgreSQL role that may look tokens up, if there is one of that name.
    Raises LoaderError, also where the organisation has no raw tables.
    """
    if organisation is not None and organisation not in organisations(target):
        raise LoaderError(
            f"{target.label} has no raw tables of an organisation {organisation!r}. "
            f"Create them with: loader init --org {organisation}"
        )
    text = _PREFIX + secrets.token_urlsafe(32)
    found = digest(text)
    created = Token(
        found,
        organisation,
        tuple(dict.fromkeys(scopes)),
        source or f"token-{found[:_ID_CHARACTERS]}",
        datetime.now(UTC),
        expires_at,
        None,
    )
    row = (
        *(created.token_sha256, created.organisation, ",".join(created.scopes), created.source),
        *(created.created_at, created.expires_at),
    )

    def insert(execute: Execute) -> None:
        execute(
            f"insert into {target.place(SCHEMA)}.tokens "
            "(token_sha256, organisation, scopes, source, created_at, expires_at) "
            "values ($1, $2, $3, $4, $5, $6)",
            row,
        )

    _change(target, insert, "creating a token", reader_role=reader_role)
    return text, created


def list_tokens(target: Target) -> list[Token]:
    """All tokens, the oldest first; none where there never was one. Raises LoaderError."""
    with database_errors(target, "reading the tokens"):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                return read_tokens(
                    target, lambda query: connection.execute(query.encode()).fetchall()
                )
        with open_duckdb(target, read_only=True) as database:
            return read_tokens(target, lambda query: database.execute(query).fetchall())


def read_tokens(target: Target, select: Callable[[str], list[tuple[Any, ...]]]) -> list[Token]:
    """All tokens of a database, read by a function that runs a query on it."""
    query = _SELECT.format(place=target.place(SCHEMA))
    return [_from_row(row) for row in select(query)] if select(_EXISTS) else []


def read_directory(target: Target, select: Callable[[str], list[tuple[Any, ...]]]) -> Directory:
    """All tokens and organisations of a database, read by a function that runs a query on it."""
    found = read_organisations(target.raw_schema, select)
    return Directory(tuple(read_tokens(target, select)), frozenset(found))


def revoke_token(target: Target, token_id: str) -> Token:
    """Revoke the token whose digest begins so. Raises LoaderError where there is no such one."""
    found = [token for token in list_tokens(target) if token.token_sha256.startswith(token_id)]
    if len(found) != 1 or len(token_id) < 4:
        raise LoaderError(
            f"There is no token {token_id!r}, or more than one whose id begins so. "
            "See them all with: collector token list"
        )

    def update(execute: Execute) -> None:
        execute(
            f"update {target.place(SCHEMA)}.tokens set revoked_at = $1 "
            "where token_sha256 = $2 and revoked_at is null",
            (datetime.now(UTC), found[0].token_sha256),
        )

    _change(target, update, "revoking a token")
    return found[0]


def _change(
    target: Target, work: Callable[[Execute], None], doing: str, *, reader_role: str | None = None
) -> None:
    """Do something to the table, which is there afterwards, in one transaction."""
    with database_errors(target, doing):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                connection.execute(_CREATE.format(place=target.place(SCHEMA)).encode())
                work(_Dollars(connection))
                if reader_role is not None:
                    _let_read(connection, reader_role)
            return
        with open_duckdb(target) as database:
            database.begin()
            database.execute(_CREATE.format(place=target.place(SCHEMA)))
            work(lambda query, values: database.execute(query, list(values)).fetchall())
            database.commit()


class _Dollars:
    """Statements with numbered parameters, on psycopg."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def __call__(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one; no rows come of it."""
        psycopg.RawCursor(self._connection).execute(query.encode(), values)
        return []


def _let_read(connection: psycopg.Connection, role: str) -> None:
    known = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
    if known is not None:
        connection.execute(f"grant usage on schema {SCHEMA} to {quoted(role)}".encode())
        connection.execute(f"grant select on {SCHEMA}.tokens to {quoted(role)}".encode())


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
