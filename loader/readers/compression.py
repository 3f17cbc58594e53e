"""Streams of bytes that are decompressed while they are read."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

import zstandard

from loader.errors import LoaderError
from loader.readers.formats import (
    HEAD_BYTES,
    Compression,
    claimed_compression,
    compression_of,
    refused_of,
)

# Small, since a few bytes of Zstandard can stand for megabytes.
_INPUT = {"zstd": 4 << 10}
_DEFAULT_INPUT = 64 << 10
_OUTPUT = 1 << 20
#: The most that a dictionary of xz may take; its strongest preset takes 65 MiB.
_XZ_MEMORY = 256 << 20
_MAX_LAYERS = 3
_GZIP_WINDOW = 31


class DamagedError(Exception):
    """Compressed bytes that are none."""


class ByteStream(io.RawIOBase):
    """The bytes of a source, decompressed if its first bytes say so.

    ``position`` counts the bytes taken from the source itself. A source that is cut off or
    damaged raises LoaderError from ``read``, and one that nothing here reads from the beginning.
    """

    def __init__(self, name: str, raw: BinaryIO) -> None:
        super().__init__()
        self.name = name
        self._raw = _Peekable(raw)
        self._plain = self._raw
        self.is_plain = True
        head = self._peek()
        found = compression_of(head)
        claimed = claimed_compression(name)
        if claimed and not head:
            raise LoaderError(
                f"{name} is empty (0 bytes), which no compressed file is. Fetch it again."
            )
        if claimed and found != claimed:
            ending = name[name.rindex(".") :]
            raise LoaderError(
                f"{name} is named {ending} but is not compressed that way. "
                "Rename it, or choose its format with --format."
            )
        layers = 0
        while found is not None:
            layers += 1
            if layers > _MAX_LAYERS:
                raise LoaderError(
                    f"{name} is compressed more than {_MAX_LAYERS} times over. Decompress it first."
                )
            self.is_plain = False
            self._plain = _Peekable(_Decompressed(self._plain, found))
            found = compression_of(self._peek())
        refused = refused_of(self._peek())
        if refused is not None:
            raise LoaderError(f"{name} is {refused}, which cannot be read. Unpack it first.")

    @property
    def position(self) -> int:
        """Bytes taken from the source so far, compressed as they are."""
        return self._raw.taken

    def _peek(self) -> bytes:
        return self._guarded(lambda: self._plain.peek(HEAD_BYTES))

    def peek(self) -> bytes:
        """The first `HEAD_BYTES` decompressed bytes, which `read` gives again. Raises LoaderError.

        Only before the first read.
        """
        return self._peek()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer``; 0 at the end. Raises LoaderError."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; none at the end. Raises LoaderError."""
        return self._guarded(lambda: self._plain.read(size))

    def _guarded(self, work: Callable[[], bytes]) -> bytes:
        try:
            return work()
        except EOFError as error:
            raise LoaderError(
                f"{self.name} is cut off: it ends in the middle of its compressed data. "
                "Fetch it again."
            ) from error
        except DamagedError as error:
            raise LoaderError(
                f"{self.name} is damaged near byte {self.position}: {error}. Fetch it again."
            ) from error
        except OSError as error:
            raise LoaderError(f"Cannot read {self.name}: {error}.") from error


class _Peekable(io.RawIOBase):
    """Passes a stream on, counting its bytes, and lets its first bytes be looked at."""

    def __init__(self, raw: BinaryIO | io.RawIOBase) -> None:
        super().__init__()
        self._raw = raw
        self._head = b""
        self.taken = 0

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self._head) < size and (more := self._raw.read(size - len(self._head))):
            self._head += more
        return self._head

    def read(self, size: int = -1) -> bytes:
        if self._head:
            chunk, self._head = self._head, b""
            if 0 <= size < len(chunk):
                chunk, self._head = chunk[:size], chunk[size:]
            elif (more := self._raw.read(size - len(chunk) if size >= 0 else -1)) is not None:
                chunk += more
        else:
            chunk = self._raw.read(size) or b""
        self.taken += len(chunk)
        return chunk


class _Decoder(Protocol):
    """What the decompressors of Python's own library have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Decompressed(io.RawIOBase):
    """Compressed streams one behind another; what is cut off or goes on otherwise is an error."""

    def __init__(self, raw: _Peekable, kind: Compression) -> None:
        super().__init__()
        self._raw = raw
        self._kind = kind
        self._decoder: _Decoder | None = None
        self._input = b""
        self._output = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(_OUTPUT), b""))
        parts: list[bytes] = []
        while size > 0 and (self._output or self._fill()):
            parts.append(bytes(self._output[:size]))
            self._output = self._output[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def _fill(self) -> bool:
        """Decompress some more; False at the end."""
        while not self._output:
            if self._decoder is None:
                if not self._more():
                    return False
                self._decoder = _decoder(self._kind)
            if self._decoder.needs_input and not self._more():
                raise EOFError
            self._output = memoryview(self._decompress(self._decoder, self._input))
            self._input = b""
            if self._decoder.eof:
                self._input = self._decoder.unused_data
                self._decoder = None
        return True

    def _decompress(self, decoder: _Decoder, data: bytes) -> bytes:
        try:
            return decoder.decompress(data, _OUTPUT)
        except (OSError, zlib.error, zstandard.ZstdError, lzma.LZMAError) as error:
            raise DamagedError(str(error)) from error

    def _more(self) -> bool:
        if not self._input:
            self._input = self._raw.read(_INPUT.get(self._kind, _DEFAULT_INPUT))
        if self._kind in ("gzip", "xz") and self._decoder is None:
            # Both may be padded with zeros, up to the blocks of a tape.
            while self._input.startswith(b"\0"):
                self._input = self._input.lstrip(b"\0") or self._raw.read(_DEFAULT_INPUT)
        return bool(self._input)


def _decoder(kind: Compression) -> _Decoder:
    if kind == "gzip":
        return _Gzip()
    if kind == "zstd":
        return _Zstd()
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP_WINDOW)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._decoder.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)


class _Zstd:
    """Zstandard's, whose output its small input bounds."""

    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:
        return True

    def decompress(self, data: bytes, max_length: int) -> bytes:
        del max_length
        return self._decoder.decompress(data)
