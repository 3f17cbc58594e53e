"""PostHog's capture routes, and what its SDKs ask when they start.

``sent_at`` of a body or query, or ``_`` of a query, says when a request was sent;
`collector.clocks` says what follows for its times.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.body import decoded
from collector.clocks import sent_at
from collector.endpoint import Collector
from collector.intake import Arrival, Batch, Item, with_an_id
from collector.json_parts import Part, UnreadableError, part, read_array, read_object
from collector.protocol import Message
from loader.contract import Rejection, read_time, time_text
from loader.mapping.protocols import Made, filled
from loader.mapping.protocols.posthog import Events
from serving.errors import bad_request, json_response, unauthorised

_CAPTURE = ("/batch", "/e", "/capture", "/i/v0/e", "/track", "/engage")
# posthog-js drops what is answered with 429, and speaks to these.
_SERVERS_ONLY = ("/batch",)
_STARTING = ("/flags", "/decide", "/array/{key}/config", "/array/{key}/config.js")
_DEPTH = 62


def routes(collector: Collector) -> list[Route]:
    """All routes of the protocol, with and without a slash at the end."""
    found = []
    for path in _CAPTURE:
        endpoint = collector.endpoint(path, PostHog(browser=path not in _SERVERS_ONLY))
        found += [Route(way, endpoint, methods=["GET", "POST"]) for way in (path, f"{path}/")]
    for path in _STARTING:
        found += [Route(way, _nothing, methods=["GET", "POST"]) for way in (path, f"{path}/")]
    return found


async def _nothing(request: Request) -> Response:
    """There are no feature flags and no remote configuration."""
    del request
    return json_response({"flags": {}, "featureFlags": {}})


class PostHog:
    """One handler for all capture routes."""

    volatile: tuple[str, ...] = ("api_key", "token", "$token")

    def __init__(self, *, browser: bool) -> None:
        self.browser = browser

    def read(self, request: Request, text: str) -> Message:
        """A batch, an array of events or one event; plain, or as the field ``data`` of a form."""
        if request.query_params.get("compression", "").startswith("lz"):
            detail = "Compression by lz-string is not supported; use gzip or base64."
            raise bad_request("unsupported_compression", "The body is not readable.", detail)
        text = _payload(request, text)
        if text[:1] == "[":
            message = Message(read_array(text, _DEPTH))
        elif text[:1] == "{":
            message = _object(text)
        else:
            raise UnreadableError("a JSON object or array was expected")
        message.token = _token(message)
        return message

    def items(self, request: Request, message: Message, arrival: Arrival) -> list[Item]:
        """Events as rows."""
        reader = _Reader(arrival, _sent(request, message.envelope))
        return arrival.items(message.parts, reader.row)

    def answer(self, batch: Batch) -> dict[str, Any]:
        """What the SDKs expect, and counts for people."""
        return {"status": 1, **batch.counts()}


def _payload(request: Request, text: str) -> str:
    """The JSON text, wherever it is."""
    text = text.strip(" \t\r\n")
    if text[:1] in ("{", "["):
        return text
    if not text and "data" in request.query_params:
        data = request.query_params["data"]
    else:
        try:
            data = parse_qs(text, strict_parsing=True, max_num_fields=20)["data"][0]
        except (ValueError, KeyError):
            raise UnreadableError("there is neither JSON nor a form with the field data") from None
    if data.lstrip()[:1] in ("{", "["):
        return data.strip()
    try:
        # Forms turn a plus sign into a blank.
        plain = base64.b64decode(data.strip().replace(" ", "+"), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError("the field data is neither JSON nor base64") from None
    return decoded(plain).strip(" \t\r\n")


def _object(text: str) -> Message:
    whole = read_object(text, "batch", _DEPTH) if '"batch"' in text else None
    if whole is not None and isinstance(whole.get("batch"), list):
        parts: list[Part] = whole.pop("batch")
        return Message(parts, whole)
    found = part(text, _DEPTH)
    value = found.leniently()
    if not isinstance(value, dict):
        raise UnreadableError("the text is no JSON object")
    return Message([found], {"sent_at": value.get("sent_at")})


def _token(message: Message) -> str | None:
    """The key of the batch, else the one that its events agree on."""
    for name in ("api_key", "token"):
        key = filled(message.envelope.get(name))
        if isinstance(key, str):
            return key
    keys = set()
    for found in message.parts:
        event = found.leniently()
        if isinstance(event, dict):
            keys.add(_event_token(event))
    keys.discard(None)
    if len(keys) > 1:
        raise unauthorised("The events name different keys.")
    return keys.pop() if keys else None


def _event_token(event: dict[str, Any]) -> str | None:
    properties = event.get("properties")
    inside = properties.get("token") if isinstance(properties, dict) else None
    for key in (event.get("token"), event.get("$token"), event.get("api_key"), inside):
        if isinstance(key, str) and key:
            return key
    return None


def _sent(request: Request, envelope: dict[str, Any]) -> datetime | None:
    found = sent_at(envelope.get("sent_at"))
    if found is not None:
        return found
    query = request.query_params
    given = query.get("sent_at") or query.get("_") or ""
    if given.isdecimal() and len(given) <= 15:
        try:
            return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(given))
        except OverflowError:
            return None
    return sent_at(given)


class _Reader:
    """Makes rows of the events of one request."""

    def __init__(self, arrival: Arrival, sent: datetime | None) -> None:
        self._clock = arrival.clock(sent)
        self._unknown_clock = arrival.clock(None)
        self._events = Events(self._time, lambda token: token == arrival.token)

    def row(self, event: dict[str, Any]) -> Made:
        """The row of one event; one without an id gets one, so sent again it is another."""
        return with_an_id(self._events.row(event))

    def _time(self, event: dict[str, Any], properties: dict[str, Any]) -> str | Rejection:
        ignored = properties.get("$ignore_sent_at") is True
        clock = self._unknown_clock if ignored else self._clock
        offset = event.get("offset")
        if isinstance(offset, int | float) and not isinstance(offset, bool):
            try:
                return time_text(clock.sent - timedelta(milliseconds=offset))
            except (OverflowError, ValueError):
                return Rejection("invalid_event_time", f"the offset {offset!r} is out of range")
        given = filled(event.get("timestamp"))
        if given is None:
            return time_text(clock.sent)
        moment = read_time(given)
        if moment is None:
            return str(given)  # the contract says what is wrong with it
        found = clock.corrected(moment)
        if found is None:
            return Rejection("invalid_event_time", f"{given!r} is out of range, once corrected")
        return time_text(found)
