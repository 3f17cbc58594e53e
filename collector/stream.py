"""The stream in Redis that absorbs events while the database is down.

An entry is one request: its events as the contract left them, and the rows it rejected. Entries
are deleted once they are committed, so the length of the stream is what waits; what does not fit
is refused, and nothing is ever trimmed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from collector.intake import Batch, Item
from collector.writer import Backlog, UnavailableError
from loader.contract import Event, Rejection, time_text
from loader.errors import LoaderError, UsageError
from serving.tokens import Directory, Token

DEFAULT_STREAM = "event-analytics:events"
DEFAULT_LENGTH = 100_000
_GROUP = "drain"
_FIELD = b"batch"
_TIMEOUT = 5.0
_BLOCK_MILLISECONDS = 500

# In one step, so that several collectors cannot exceed the length together.
_APPEND = """
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local taken = math.max(0, math.min(room, #ARGV - 1))
for i = 2, taken + 1 do
    redis.call('XADD', KEYS[1], '*', 'batch', ARGV[i])
end
return taken
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What waits in the stream; ``batch`` is None where it was not written by a collector."""

    entry_id: bytes
    batch: Batch | None


class Stream:
    """A stream that holds at most ``length`` requests, as collectors and drains use it.

    ``trusted``: whoever runs it vouches that what Redis confirms survives it.
    """

    def __init__(
        self, url: str, name: str = DEFAULT_STREAM, *, length: int = DEFAULT_LENGTH, trusted: bool
    ) -> None:
        try:
            # No retries of its own: who calls knows better what to do meanwhile.
            self._redis: Any = redis.Redis.from_url(
                url,
                protocol=2,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=_TIMEOUT,
                socket_connect_timeout=_TIMEOUT,
            )
        except ValueError as error:
            raise UsageError(
                "--buffer needs an address such as redis://localhost:6379/0 "
                f"(rediss:// for TLS, unix:// for a socket): {error}"
            ) from error
        given = self._redis.connection_pool.connection_kwargs
        # Never the address itself: it may hold a password.
        self._label = given.get("path") or f"{given.get('host')}:{given.get('port')}"
        self._name = name
        self._tokens = f"{name}:tokens"
        self._length = length
        self._trusted = trusted
        self._append = self._redis.register_script(_APPEND)

    def open(self) -> None:
        """Connect, look whether the server is fit, and make sure of the group."""
        with self._errors():
            if problem := self._unfit():
                raise UnavailableError(problem)
            try:
                # From the beginning: what came before the first drain waits for it.
                self._redis.xgroup_create(self._name, _GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def check(self) -> None:
        """LoaderError where the server may forget what it confirms; one that is down may come."""
        with suppress(UnavailableError), self._errors():
            if problem := self._unfit():
                raise LoaderError(problem)

    def append(self, batches: Sequence[Batch]) -> int:
        """Append as many as there is room for, in their order; how many that were."""
        with self._errors():
            return int(self._append([self._name], [self._length, *map(_encoded, batches)]))

    def read(self, consumer: str, number: int) -> list[Entry]:
        """Entries that nobody has had, after a wait of a moment; they are pending then."""
        with self._errors():
            found = self._redis.xreadgroup(
                _GROUP, consumer, {self._name: ">"}, count=number, block=_BLOCK_MILLISECONDS
            )
            return [_entry(*row) for _, rows in found for row in rows]

    def claim(self, consumer: str, number: int, idle_seconds: float) -> list[Entry]:
        """Entries that somebody had so long ago that they must have died with them."""
        with self._errors():
            milliseconds = int(idle_seconds * 1000)
            found = self._redis.xautoclaim(
                self._name, _GROUP, consumer, milliseconds, start_id="0-0", count=number
            )
            return [_entry(*row) for row in found[1]]

    def done(self, entries: Sequence[bytes]) -> None:
        """Acknowledge and delete what is committed."""
        with self._errors(), self._redis.pipeline(transaction=True) as both:
            both.xack(self._name, _GROUP, *entries)
            both.xdel(self._name, *entries)
            both.execute()

    def leave(self, consumer: str) -> None:
        """Forget a consumer that ends and has nothing pending."""
        with self._errors():
            if not self._redis.xpending_range(self._name, _GROUP, "-", "+", 1, consumer):
                self._redis.xgroup_delconsumer(self._name, _GROUP, consumer)

    def backlog(self) -> Backlog:
        """What waits."""
        with self._errors():
            entries = int(self._redis.xlen(self._name))
            pending = int(self._redis.xpending(self._name, _GROUP)["pending"])
            seconds, microseconds = self._redis.time()
            oldest = self._redis.xrange(self._name, count=1)
            age = 0.0
            if oldest:
                since = int(oldest[0][0].split(b"-")[0]) / 1000
                age = max(0.0, seconds + microseconds / 1e6 - since)
            return Backlog(entries, pending, age, entries >= self._length)

    def publish(self, directory: Directory) -> None:
        """Let collectors know the tokens, by their digests, and the organisations."""
        tokens = [_token_row(token) for token in directory.tokens]
        text = json.dumps([tokens, sorted(directory.organisations)])
        with self._errors():
            self._redis.set(self._tokens, text)

    def directory(self) -> Directory:
        """What was published last."""
        with self._errors():
            text = self._redis.get(self._tokens)
        if text is None:
            raise UnavailableError(
                f"Redis at {self._label} knows no tokens yet: collector drain publishes them."
            )
        tokens, organisations = json.loads(text)
        return Directory(tuple(_token(row) for row in tokens), frozenset(organisations))

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _unfit(self) -> str:
        """Why the server may forget what it has confirmed; nothing where it does not."""
        if self._trusted:
            return ""
        try:
            found = {**self._redis.config_get("append*"), **self._redis.config_get("maxmemory*")}
        except redis.ResponseError as error:
            return (
                f"Redis at {self._label} does not tell whether it keeps what it confirms: {error}. "
                "If you know that it does, add --trust-buffer."
            )
        settings = {_text(key): _text(value) for key, value in found.items()}
        wanted = {"appendonly": "yes", "appendfsync": "always"}
        wrong = [f"{key} {value}" for key, value in wanted.items() if settings.get(key) != value]
        if settings.get("maxmemory-policy", "").startswith("allkeys"):
            wrong.append("maxmemory-policy noeviction")
        if not wrong:
            return ""
        return (
            f"Redis at {self._label} may lose what it confirms. Set {', '.join(wrong)} in its "
            "configuration, or add --trust-buffer if losing events is acceptable."
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError) as error:
            raise UnavailableError(f"Redis at {self._label}: {error}") from error


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _encoded(batch: Batch) -> str:
    items = [
        [item.result.reason, item.result.detail, item.text]
        if isinstance(item.result, Rejection)
        else [
            str(item.result.event_id),
            item.result.event_name,
            time_text(item.result.event_time),
            item.result.user_id,
            item.result.properties,
        ]
        for item in batch.items
    ]
    # As ASCII: the text of a rejected row may hold what no encoding takes.
    return json.dumps([batch.source, batch.organisation, items], separators=(",", ":"))


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    try:
        source, organisation, items = json.loads(fields[_FIELD])
        return Entry(entry_id, Batch(source, organisation, [_item(*item) for item in items]))
    except (LookupError, TypeError, ValueError):
        return Entry(entry_id, None)


def _item(first: str, second: str, third: str, *more: str) -> Item:
    if not more:
        return Item(Rejection(first, second), None, third)
    user, properties = more
    moment = datetime.fromisoformat(third)
    return Item(Event(uuid.UUID(first), second, moment, user, properties))


def _token_row(token: Token) -> list[Any]:
    times = (token.created_at, token.expires_at, token.revoked_at)
    return [
        *(token.token_sha256, token.organisation, token.scopes, token.source),
        *(moment and moment.isoformat() for moment in times),
    ]


def _token(row: Sequence[Any]) -> Token:
    sha, organisation, scopes, source, *times = row
    created, expires, revoked = (text and datetime.fromisoformat(text) for text in times)
    return Token(sha, organisation, tuple(scopes), source, created, expires, revoked)
