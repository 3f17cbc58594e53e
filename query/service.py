"""The way of a request, the same for every route: admit, read, answer, note.

A route is a function from an `Ask` to a response; `Service.endpoint` makes an endpoint of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from query.answers import Answer, Answers, Flights
from query.catalog import Catalog
from query.databases.base import Database, State
from query.prometheus import Counters
from query.settings import Settings
from serving.errors import HttpError, too_large, unavailable
from serving.grants import Grant
from serving.keys import Door
from serving.logs import Log

Endpoint = Callable[[Request], Awaitable[Response]]
Found = TypeVar("Found")
# nginx's word for a client that went before it had its answer; nobody is told it
_GONE = 499


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was let in, with its body, if the route takes one."""

    request: Request
    grant: Grant
    body: bytes = b""

    @property
    def organisation(self) -> str | None:
        """Whose data it is about; None for the default schemas."""
        return self.grant.organisation


Handle = Callable[[Ask], Awaitable[Response]]


class Service:
    """What all routes share."""

    def __init__(  # noqa: PLR0913 (the parts of a server)
        self,
        settings: Settings,
        catalog: Catalog,
        database: Database,
        door: Door,
        log: Log,
        *,
        counters: Counters | None = None,
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.database = database
        self.door = door
        self.log = log
        self.counters = counters or Counters()
        self._answers = Answers(settings.cache_bytes)
        self._flights = Flights()

    def endpoint(self, route: str, handle: Handle, *, takes_body: bool = False) -> Endpoint:
        """An endpoint; ``route`` names it in metrics and log.

        What `handle` does is cancelled when the client goes.
        """

        async def answer(request: Request) -> Response:
            started = time.monotonic()
            grant: Grant | None = None
            try:
                grant = await self.admit(request)
                body = await self._body(request) if takes_body else b""
                response = await _while_there(request, handle(Ask(request, grant, body)))
            except HttpError as error:
                response = error.response()
            except ClientDisconnect:
                response = Response(status_code=_GONE)
            seconds = time.monotonic() - started
            self.counters.answered(route, response.status_code, seconds)
            self._note(route, response, seconds, grant)
            return response

        return answer

    async def admit(self, request: Request) -> Grant:
        """Who asks; HttpError 401, 403, 429, or 503 where tokens cannot be looked up."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else None
        return await self.door.admit(given, browser=False, retry_after=self.settings.retry_after)

    async def state(self, organisation: str | None) -> State:
        """What the data are now."""
        state = await self.database.state(organisation)
        self.counters.seen(organisation, state)
        return state

    async def answer(
        self, ask: Ask, question: str, compute: Callable[[], Awaitable[Answer]]
    ) -> Response:
        """Answer a question, if it has not been answered of the same data before.

        Args:
            ask: Who asks.
            question: All that the answer depends on beside the data and the organisation; two
                questions of one organisation with the same text have the same answer.
            compute: Computes it.
        """
        state = await self.state(ask.organisation)
        tag = _tag(ask.organisation, state, question)
        if _is_known(ask.request, tag):
            self.counters.origin("unchanged")
            return Response(status_code=304, headers=self._headers(tag, state))
        found = self._answers.get(tag)
        if found is None:
            with self.counters.running():
                found = await self._flights.join(tag, compute)
            self.counters.origin("computed")
            tag = _tag(ask.organisation, found.state, question)
            self._answers.put(tag, found)
        else:
            self.counters.origin("cached")
        headers = {**found.headers, **self._headers(tag, found.state)}
        return Response(found.content, headers=headers, media_type=found.media_type)

    def _headers(self, tag: str, state: State) -> Mapping[str, str]:
        age = self.settings.max_age
        headers = {
            "ETag": tag,
            "Cache-Control": f"private, max-age={age}" if age else "private, no-cache",
            "Vary": "Accept, Authorization",
            "Data-State": state.token,
        }
        if state.as_of_date is not None:
            headers["As-Of-Date"] = state.as_of_date.isoformat()
        if state.delivery is not None:
            headers["Delivery-Id"] = str(state.delivery.delivery_id)
        return headers

    async def _body(self, request: Request) -> bytes:
        most, parts, size = self.settings.max_body_bytes, [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise too_large(
                    "body_too_large", "The body is too large.", f"At most {most} bytes."
                )
            parts.append(part)
        return b"".join(parts)

    def _note(self, route: str, response: Response, seconds: float, grant: Grant | None) -> None:
        if not self.settings.log_requests:
            return
        self.log.write(
            "info",
            "request",
            route=route,
            status=response.status_code,
            organisation=grant.organisation if grant else None,
            source=grant.source if grant else None,
            bytes=len(getattr(response, "body", b"")),
            seconds=round(seconds, 4),
        )

    async def is_ready(self) -> bool:
        """Whether the database can be asked."""
        try:
            await self.database.state(None)
        except HttpError:
            self.counters.database_up.set(0)
            return False
        self.counters.database_up.set(1)
        return True

    def not_ready(self) -> HttpError:
        """503: for a probe."""
        detail = "The database cannot be used."
        return unavailable("not_ready", "Not ready.", self.settings.retry_after, detail)


async def _while_there(request: Request, work: Awaitable[Found]) -> Found:
    """Wait for work, and cancel it when the client goes; ClientDisconnect then."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (watching, working):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, HttpError):
                    await task


async def _gone(request: Request) -> None:
    """Return when the client has gone."""
    message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()


def _tag(organisation: str | None, state: State, question: str) -> str:
    text = repr((organisation, state.token, question))
    return f'"{hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]}"'


def _is_known(request: Request, tag: str) -> bool:
    """Whether the client has this very answer (RFC 9110 section 13.1.2)."""
    known = [
        one.strip().removeprefix("W/")
        for one in request.headers.get("if-none-match", "").split(",")
    ]
    return tag in known or "*" in known
