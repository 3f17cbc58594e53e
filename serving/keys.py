"""Who may come in: tokens, what they allow, and how often each may ask."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from serving.errors import HttpError, unauthorised, unavailable
from serving.grants import Grant
from serving.tokens import Directory, Token, digest


class Tokens(Protocol):
    """Where grants are looked up."""

    async def refresh(self) -> None:
        """Learn about tokens that were created or revoked; raises UnavailableError."""
        ...

    def find(self, token: str) -> Grant | None:
        """The grant, if there is one that has neither expired nor been revoked.

        HttpError 403 where it is one of an organisation that does not exist.
        """
        ...


class WriteKeys:
    """Keys that are given at the start, allow one scope, and lead to the default schemas."""

    def __init__(self, keys: Iterable[str], scope: str) -> None:
        self._grants: Mapping[str, Grant] = {
            digest(key): Grant(f"key-{digest(key)[:12]}", scopes=frozenset({scope})) for key in keys
        }

    async def refresh(self) -> None:
        """Keys stay as they are."""

    def find(self, token: str) -> Grant | None:
        """The grant of a key."""
        return self._grants.get(digest(token))


class Anyone:
    """Every token will do, and none as well, for one scope."""

    def __init__(self, scope: str) -> None:
        self._scopes = frozenset({scope})

    async def refresh(self) -> None:
        """There is nothing to learn."""

    def find(self, token: str) -> Grant | None:
        """A grant; tokens differ as sources only."""
        return Grant(f"key-{digest(token)[:12]}", scopes=self._scopes)


class SignedTokens(Protocol):
    """Tokens that nobody stores, since they say themselves what they allow."""

    def refresh(self) -> None:
        """Learn about keys that were exchanged."""
        ...

    def grant(self, token: str) -> Grant | None:
        """What a token allows, if its signature and all that it says of itself hold."""
        ...


class StoredTokens:
    """The tokens in the database, read again when somebody may have changed them.

    ``stamp`` changes whenever that may be so; ``read`` reads them all. With ``signed``, tokens
    of that kind are as good.
    """

    def __init__(
        self,
        stamp: Callable[[], object],
        read: Callable[[], Awaitable[Directory]],
        signed: SignedTokens | None = None,
    ) -> None:
        self._stamp = stamp
        self._read = read
        self._signed = signed
        self._seen: object = None
        self._tokens: dict[str, Token] = {}
        self._organisations: frozenset[str] = frozenset()

    async def refresh(self) -> None:
        """Read who is known, unless that is as it was."""
        if self._signed is not None:
            self._signed.refresh()
        stamp = self._stamp()
        if stamp != self._seen:
            directory = await self._read()
            self._tokens = {token.token_sha256: token for token in directory.tokens}
            self._organisations = directory.organisations
            self._seen = stamp

    def find(self, token: str) -> Grant | None:
        """The grant of a token that is valid at this moment."""
        grant = self._stored(token)
        if grant is None and self._signed is not None:
            grant = self._signed.grant(token)
        if grant is not None and grant.organisation not in (None, *self._organisations):
            # Without its tables no event of it can be stored, nor anybody else's in the commit.
            raise _forbidden("Its organisation does not exist.")
        return grant

    def _stored(self, token: str) -> Grant | None:
        found = self._tokens.get(digest(token))
        if found is None or found.state(datetime.now(UTC)) != "valid":
            return None
        return Grant(found.source, found.organisation, frozenset(found.scopes))


class Door:
    """Decides whether a request may come in."""

    def __init__(self, tokens: Tokens, requests_per_second: float, scope: str) -> None:
        self._tokens = tokens
        self._scope = scope
        self._rates = _Rates(requests_per_second)

    async def admit(self, token: str | None, *, browser: bool, retry_after: int) -> Grant:
        """The grant of a token; HttpError 401, 403, 429, or 503 in place of 429.

        ``browser``: the client may be one that takes 429 for a refusal and drops its events.
        """
        await self._tokens.refresh()
        # By its digest, so that the time tells nothing about tokens that exist.
        grant = self._tokens.find(token or "")
        if grant is None:
            raise unauthorised("There is no token." if not token else "The token is not valid.")
        if self._scope not in grant.scopes:
            raise _forbidden(f"It lacks the scope {self._scope}.")
        if not self._rates.allow(f"{grant.organisation} {grant.source}"):
            detail = "This token has sent more requests than it may in a second."
            if browser:
                raise unavailable("rate_limited", "Too many requests.", retry_after, detail)
            headers = {"Retry-After": str(retry_after)}
            raise HttpError(429, "rate_limited", "Too many requests.", detail, headers)
        return grant


def _forbidden(detail: str) -> HttpError:
    return HttpError(403, "forbidden", "The token may not do this.", detail)


class _Rates:
    """A bucket of tokens for each source: a second's worth may come at once."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._capacity = max(per_second, 1.0)
        self._buckets: dict[str, tuple[float, float]] = {}

    def allow(self, source: str) -> bool:
        """Take one, if there is one."""
        if self._per_second <= 0:
            return True
        now = time.monotonic()
        left, since = self._buckets.get(source, (self._capacity, now))
        left = min(self._capacity, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[source] = (left - 1 if allowed else left, now)
        if len(self._buckets) > 10_000:
            self._forget(now)
        return allowed

    def _forget(self, now: float) -> None:
        """Drop buckets that are full again; only `Anyone` lets there be so many."""
        seconds = self._capacity / self._per_second
        self._buckets = {
            source: bucket for source, bucket in self._buckets.items() if now - bucket[1] < seconds
        }
