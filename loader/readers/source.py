"""Sources: which files there are, in which format and compression, and their bytes."""

from __future__ import annotations

import glob
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import zstandard

from loader.errors import LoaderError, UsageError

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet")
STDIN = "-"

_ENDINGS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_COMPRESSIONS = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
_MAGIC_BYTES = 4
# Small, since a few bytes of Zstandard can stand for megabytes.
_ZSTD_INPUT = 4 << 10


@dataclass(frozen=True)
class Source:
    """A file or standard input (``-``), and its format; ``name`` is what reports call it."""

    name: str
    format: Format

    @property
    def is_stdin(self) -> bool:
        """Whether this is standard input."""
        return self.name == STDIN

    @property
    def size(self) -> int:
        """Bytes to read, compressed as they are; 0 where nobody knows."""
        if self.is_stdin:
            return 0
        try:
            return Path(self.name).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def open(self) -> Iterator[ByteStream]:
        """Open the source for reading its decompressed bytes; LoaderError where that fails."""
        if self.is_stdin:
            yield ByteStream(self.name, sys.stdin.buffer)
            return
        try:
            raw = Path(self.name).open("rb")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise LoaderError(f"Cannot read {self.name}: {error.strerror}.") from error
        with raw:
            yield ByteStream(self.name, raw)


class ByteStream(io.RawIOBase):
    """The bytes of a source, decompressed if its first bytes say so.

    ``position`` counts the bytes taken from the source itself. A source that is cut off or
    damaged raises LoaderError from ``read``.
    """

    def __init__(self, name: str, raw: BinaryIO) -> None:
        super().__init__()
        self.name = name
        self._raw = _Counting(raw)
        head = self._raw.peek(_MAGIC_BYTES)
        claimed = next((end for end in _COMPRESSIONS if name.lower().endswith(end)), None)
        found = next((end for end, magic in _COMPRESSIONS.items() if head.startswith(magic)), None)
        if claimed and head and found != claimed:
            raise LoaderError(
                f"{name} is named {claimed} but is not compressed that way. "
                "Rename it, or choose its format with --format."
            )
        self.is_plain = found is None
        self._plain: BinaryIO
        if found == ".gz":
            self._plain = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw, mode="rb"))
        elif found == ".zst":
            self._plain = cast(BinaryIO, io.BufferedReader(_ZstdStream(self._raw), 1 << 20))
        else:
            self._plain = cast(BinaryIO, self._raw)

    @property
    def position(self) -> int:
        """Bytes taken from the source so far, compressed as they are."""
        return self._raw.taken

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
        try:
            return self._plain.read(size)
        except EOFError as error:
            raise LoaderError(
                f"{self.name} is cut off: it ends in the middle of its compressed data. "
                "Fetch it again."
            ) from error
        except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise LoaderError(
                f"{self.name} is damaged near byte {self.position}: {error}. Fetch it again."
            ) from error
        except OSError as error:
            raise LoaderError(f"Cannot read {self.name}: {error}.") from error


class _Counting(io.RawIOBase):
    """Passes a stream on, counting its bytes, and lets its first bytes be looked at."""

    def __init__(self, raw: BinaryIO) -> None:
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
        else:
            chunk = self._raw.read(size)
        self.taken += len(chunk)
        return chunk


class _ZstdStream(io.RawIOBase):
    """Zstandard frames, decompressed; unlike the library's own reader it notices a cut-off end."""

    def __init__(self, raw: _Counting) -> None:
        super().__init__()
        self._raw = raw
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._input = b""
        self._output = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._output:
            if not self._input:
                self._input = self._raw.read(_ZSTD_INPUT)
                if not self._input:
                    if self._frame is not None:
                        raise EOFError
                    return 0
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._output = memoryview(self._frame.decompress(self._input))
            self._input = b""
            if self._frame.eof:
                self._input = self._frame.unused_data
                self._frame = None
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size


def expand(names: Sequence[str], given: Format | None) -> list[Source]:
    """The sources that the arguments name: files, globs that no shell expanded, ``-``.

    ``given`` is the format, if an option says it. Raises UsageError for what is not there and for
    an ending that says no format, before anything is read.
    """
    sources: dict[str, Source] = {}
    for name in names:
        for found in _files(name):
            sources.setdefault(found, Source(found, given or _format(found)))
    return list(sources.values())


def _files(name: str) -> list[str]:
    if name == STDIN:
        return [name]
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name} is a directory. Name its files, for instance {name}/*.jsonl")
    if path.exists():
        return [name]
    if glob.has_magic(name):
        matches = glob.glob(name, recursive=True)  # noqa: PTH207 (name may be absolute)
        found = sorted(match for match in matches if Path(match).is_file())
        if found:
            return found
        raise UsageError(f"No file matches {name}")
    raise UsageError(f"There is no file {name}")


def _format(name: str) -> Format:
    if name == STDIN:
        return "jsonl"
    lower = name.lower()
    for ending in _COMPRESSIONS:
        lower = lower.removesuffix(ending)
    try:
        return _ENDINGS[Path(lower).suffix]
    except KeyError:
        raise UsageError(
            f"The ending of {name} says no format. Choose one with --format "
            f"{'|'.join(FORMATS)} (compression is found out)."
        ) from None
