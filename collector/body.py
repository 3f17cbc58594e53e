"""Reads the body of a request within limits: over the wire, decompressed, and in all requests."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from collector.settings import Settings
from serving.errors import bad_request, too_large, unavailable

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 18
# A client that is still sending does not read the answer; so much is read and thrown away first.
_THROWN_AWAY = 64 << 20


class Buffer:
    """Counts the bytes of all requests at hand."""

    def __init__(self, limit: int) -> None:
        self.held = 0
        self._limit = limit

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """What one request holds, given back at the end."""
        held = Held(self)
        try:
            yield held
        finally:
            self.held -= held.bytes

    def take(self, number: int) -> bool:
        """Count so many more, unless that exceeds the limit."""
        if self.held + number > self._limit:
            return False
        self.held += number
        return True


class Held:
    """The bytes of one request."""

    def __init__(self, buffer: Buffer) -> None:
        self.bytes = 0
        self._buffer = buffer

    def add(self, number: int) -> bool:
        """Hold so many more; False where the buffer has no room."""
        if not self._buffer.take(number):
            return False
        self.bytes += number
        return True


async def read_body(request: Request, settings: Settings, held: Held) -> bytes:
    """The body as it came over the wire; HttpError where it is too large or too slow."""
    limit = settings.max_body_bytes
    declared = request.headers.get("content-length", "")
    parts: list[bytes] = []
    size = 0
    too_much = declared.isdecimal() and int(declared[:20]) > limit
    try:
        async with asyncio.timeout(settings.body_timeout):
            async for chunk in request.stream():
                size += len(chunk)
                if too_much or size > limit:
                    too_much = True
                    parts.clear()
                    if size > _THROWN_AWAY:
                        break
                    continue
                if not held.add(len(chunk)):
                    raise _no_room(settings)
                parts.append(chunk)
    except TimeoutError:
        detail = f"The body did not arrive within {settings.body_timeout:g} seconds."
        raise unavailable("timeout", "Too slow.", settings.retry_after, detail) from None
    except ClientDisconnect:
        raise bad_request("incomplete_body", "The body was cut off.") from None
    if too_much:
        detail = f"At most {limit} bytes may be sent at once; send the events in more requests."
        raise too_large("body_too_large", "The body is too large.", detail)
    return b"".join(parts)


def inflate(body: bytes, encoding: str, settings: Settings, held: Held) -> bytes:
    """The body without its compression, whatever the headers say of a body that begins as gzip.

    HttpError where it exceeds the limit or cannot be decompressed.
    """
    if body.startswith(_GZIP):
        bits = 16 + zlib.MAX_WBITS
    elif "deflate" in encoding.lower() and body.lstrip()[:1] not in (b"{", b"["):
        bits = zlib.MAX_WBITS
    else:
        return body
    try:
        return b"".join(_inflated(body, bits, settings, held))
    except zlib.error as error:
        raise bad_request(
            "unreadable_body", "The body cannot be decompressed.", str(error)
        ) from None


def _inflated(body: bytes, bits: int, settings: Settings, held: Held) -> Iterator[bytes]:
    size = 0
    # Several streams, one after another, are one body, as with files.
    while body:
        stream = zlib.decompressobj(bits)
        pending = body
        while not stream.eof:
            piece = stream.decompress(pending, _PIECE)
            pending = stream.unconsumed_tail
            size += len(piece)
            if size > settings.max_inflated_bytes:
                detail = f"At most {settings.max_inflated_bytes} bytes, decompressed."
                raise too_large("body_too_large", "The body is too large.", detail)
            if not held.add(len(piece)):
                raise _no_room(settings)
            yield piece
            if not piece and not pending and not stream.eof:
                raise zlib.error("the stream ends early")
        body = stream.unused_data.lstrip(b"\0")
        if body and not body.startswith(_GZIP):
            raise zlib.error("there is more behind the end of the stream")


def _no_room(settings: Settings) -> Exception:
    return unavailable(
        "overloaded",
        "Too much at once.",
        settings.retry_after,
        "The requests at hand hold as many bytes as they may.",
    )


def decoded(body: bytes) -> str:
    """The body as text; what is not UTF-8 becomes lone surrogates, which no event may hold."""
    return body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
