"""Text in any encoding, as UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import Protocol

from loader.errors import LoaderError
from loader.readers.compression import ByteStream

#: What is said of a row that is not UTF-8.
OTHER_ENCODING = "is the source in another encoding? Name it, for instance --encoding latin-1"

# The longer one first: it begins as the shorter one does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Bytes(Protocol):
    """A stream that readers take bytes from."""

    name: str

    @property
    def position(self) -> int:
        """Bytes taken from the source so far."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """At most about ``size`` bytes; none at the end. Raises LoaderError."""
        ...


class Ahead:
    """A stream of which something has been read already."""

    def __init__(self, read: bytes, stream: Bytes) -> None:
        self.name = stream.name
        self._read = read
        self._stream = stream

    @property
    def position(self) -> int:
        """Bytes taken from the source so far."""
        return self._stream.position

    def read(self, size: int = -1, /) -> bytes:
        """What was read already, and then about ``size`` bytes at a time. Raises LoaderError."""
        if not self._read:
            return self._stream.read(size)
        if size < 0:
            size = len(self._read)
        found, self._read = self._read[:size], self._read[size:]
        return found


def as_utf8(stream: ByteStream, encoding: str | None) -> ByteStream | Recoded:
    """The stream in UTF-8: a byte order mark says from what, or else ``encoding``.

    What the encoding does not know stays bytes that are not UTF-8. Raises LoaderError for what
    looks like UTF-16 and does not say so.
    """
    head = stream.peek()
    for mark, named in _MARKS:
        if head.startswith(mark):
            return stream if named is None else Recoded(stream, named)
    if encoding is not None:
        return Recoded(stream, encoding)
    if len(head) >= 4:
        odd, even = head[0:4:2], head[1:4:2]
        for zeros, others, name in ((even, odd, "utf-16-le"), (odd, even, "utf-16-be")):
            if not any(zeros) and all(others):
                raise LoaderError(
                    f"{stream.name} looks like UTF-16 without a byte order mark. "
                    f"If it is, say so: --encoding {name}"
                )
    return stream


class Recoded(io.RawIOBase):
    """A stream in another encoding, decoded and encoded in UTF-8."""

    def __init__(self, stream: ByteStream, encoding: str) -> None:
        super().__init__()
        self.name = stream.name
        self._stream = stream
        self._encoding = encoding
        wide = encoding.startswith(("utf-16", "utf-32"))
        self._errors = "surrogatepass" if wide else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._held = b""
        self._ended = False

    @property
    def position(self) -> int:
        """Bytes taken from the source so far."""
        return self._stream.position

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer``; 0 at the end. Raises LoaderError."""
        while not self._held and not self._ended:
            self._held = self._converted(len(buffer))
        size = min(len(buffer), len(self._held))
        buffer[:size] = self._held[:size]
        self._held = self._held[size:]
        return size

    def read(self, size: int = -1) -> bytes:
        """About ``size`` bytes; none at the end. Raises LoaderError."""
        if size < 0:
            size = 1 << 20
        found, self._held = self._held, b""
        while not found and not self._ended:
            found = self._converted(size)
        return found

    def _converted(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._ended = not data
        try:
            text = self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise LoaderError(
                f"{self.name} is not {self._encoding}: {error.reason} near byte {self.position}. "
                "Name its encoding with --encoding, or fetch it again."
            ) from error
        return text.encode("utf-8", self._errors)


#: Bytes of UTF-8, of which some may be broken.
TextStream = ByteStream | Recoded
