"""The way of a request, the same for every protocol: read, admit, judge, commit, answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from collector.body import Buffer, Held, decoded, inflate, read_body
from collector.committing import Committer, QueueFullError
from collector.intake import Arrival, Batch
from collector.json_parts import UnreadableError
from collector.metrics import Metrics
from collector.protocol import Message, Protocol, header_token
from collector.settings import Settings
from collector.writer import RefusedError, UnavailableError
from serving.errors import (
    HttpError,
    bad_request,
    json_response,
    too_large,
    unavailable,
)
from serving.grants import Grant
from serving.keys import Door
from serving.logs import Log

# What takes longer than this to take apart goes to a thread, so that others are not kept waiting.
_LARGE = 256 << 10

Endpoint = Callable[[Request], Awaitable[Response]]
Result = TypeVar("Result")


@dataclass(slots=True)
class _Account:
    """What the log will say about a request."""

    size: int = 0
    grant: Grant | None = None
    batch: Batch | None = None


class Collector:
    """What all endpoints share."""

    def __init__(
        self, settings: Settings, door: Door, committer: Committer, metrics: Metrics, log: Log
    ) -> None:
        self.settings = settings
        self.door = door
        self.committer = committer
        self.metrics = metrics
        self.log = log
        self.buffer = Buffer(settings.buffer_bytes)
        metrics.watch(lambda: committer.waiting_events, lambda: self.buffer.held)

    def endpoint(self, route: str, protocol: Protocol) -> Endpoint:
        """An endpoint that takes events; ``route`` names it in metrics, log and raw tables."""

        async def deliver(request: Request) -> Response:
            started = time.monotonic()
            account = _Account()
            try:
                with self.buffer.holding() as held:
                    content = await self._deliver(request, route, protocol, held, account)
                response = json_response(content)
            except HttpError as error:
                response = error.response()
            seconds = time.monotonic() - started
            self.metrics.answered(route, response.status_code, seconds)
            self._note(route, response.status_code, seconds, account)
            return response

        return deliver

    async def _deliver(
        self, request: Request, route: str, protocol: Protocol, held: Held, account: _Account
    ) -> dict[str, object]:
        # Before the body is read and the token looked up, which take time that is no clock's fault.
        now = datetime.now(UTC)
        outside = header_token(request)
        if outside is not None:
            account.grant = await self._admit(outside, protocol)
        body = await read_body(request, self.settings, held)
        account.size = len(body)
        encoding = request.headers.get("content-encoding", "")

        def take_apart() -> tuple[Message, bool]:
            plain = inflate(body, encoding, self.settings, held)
            try:
                message = protocol.read(request, decoded(plain))
            except UnreadableError as error:
                raise bad_request(
                    "unreadable_body", "The body is not readable.", str(error)
                ) from None
            return message, len(plain) > self.settings.max_event_bytes

        large = len(body) > _LARGE
        message, oversized = await _somewhere(take_apart, large)
        if account.grant is None:
            account.grant = await self._admit(message.token, protocol)
        if len(message.parts) > self.settings.max_events:
            detail = f"At most {self.settings.max_events} events may be sent at once."
            raise too_large("too_many_events", "There are too many events.", detail)
        arrival = Arrival(
            account.grant,
            outside or message.token or "",
            now,
            self.settings.contract(now),
            self.settings.clock_tolerance,
            oversized,
            protocol.volatile,
        )
        items = await _somewhere(lambda: protocol.items(request, message, arrival), large)
        batch = Batch(f"http {route}", account.grant.organisation, items)
        await self._commit(batch)
        account.batch = batch
        self.metrics.delivered(batch)
        return protocol.answer(batch)

    async def _admit(self, token: str | None, protocol: Protocol) -> Grant:
        wait = self.settings.retry_after
        try:
            return await self.door.admit(token, browser=protocol.browser, retry_after=wait)
        except UnavailableError:
            detail = "The tokens cannot be looked up at the moment."
            raise unavailable("unavailable", "Try again later.", wait, detail) from None

    async def _commit(self, batch: Batch) -> None:
        wait = self.settings.retry_after
        try:
            async with asyncio.timeout(self.settings.commit_timeout):
                await self.committer.submit(batch)
        except QueueFullError:
            detail = "As many events as may wait for the database."
            raise unavailable("overloaded", "Too much at once.", wait, detail) from None
        except TimeoutError:
            detail = "The commit was not confirmed in time; sending the same again is safe."
            raise unavailable("timeout", "The database is slow.", wait, detail) from None
        except RefusedError:
            detail = "The database takes none of these events, although each follows the rules."
            raise bad_request("refused", "The events were refused.", detail) from None
        except UnavailableError:
            # The sentence of the database is for the log: it names hosts and users.
            detail = "The database cannot be used at the moment."
            raise unavailable("unavailable", "Try again later.", wait, detail) from None

    def _note(self, route: str, status: int, seconds: float, account: _Account) -> None:
        grant = account.grant
        counts = account.batch.counts() if account.batch is not None else {}
        self.log.batch(
            route=route,
            status=status,
            organisation=grant.organisation if grant else None,
            source=grant.source if grant else None,
            bytes=account.size,
            **counts,
            seconds=round(seconds, 4),
        )


async def _somewhere(function: Callable[[], Result], large: bool) -> Result:
    """Call it here, or, where that would keep others waiting, in a thread."""
    return await asyncio.to_thread(function) if large else function()
