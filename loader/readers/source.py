"""Sources: one file, member of an archive, address or standard input each, and its bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from loader.errors import LoaderError
from loader.readers.compression import ByteStream
from loader.readers.formats import Container, container_of, may_be_zip
from loader.readers.options import Format, ReadOptions

STDIN = "-"

#: Opens a source's bytes, compressed as they are.
Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Source:
    """Something to read: its ``name``, by which reports call it, its format and how to read it.

    With a ``container`` it is an archive, whose members are the sources (`archives.members`).
    ``opener`` and ``bytes_to_read`` are there where the name is no path of a file.
    """

    name: str
    format: Format
    reading: ReadOptions = field(default_factory=ReadOptions)
    container: Container | None = None
    opener: Opener | None = field(default=None, compare=False)
    bytes_to_read: int = 0

    @property
    def is_stdin(self) -> bool:
        """Whether this is standard input."""
        return self.name == STDIN

    @property
    def path(self) -> Path | None:
        """The file, if it is one, which can be read from anywhere."""
        if self.is_stdin or self.opener is not None or not Path(self.name).is_file():
            return None
        return Path(self.name)

    @property
    def size(self) -> int:
        """Bytes to read, compressed as they are; 0 where nobody knows."""
        if self.is_stdin or self.opener is not None:
            return self.bytes_to_read
        try:
            return Path(self.name).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def raw(self) -> Iterator[BinaryIO]:
        """Open the source for reading its bytes as they are; LoaderError where that fails."""
        if self.opener is not None:
            with self.opener() as stream:
                yield stream
        elif self.is_stdin:
            if sys.stdin is None:
                raise LoaderError("Cannot read standard input: it is closed.")
            yield sys.stdin.buffer
        else:
            try:
                raw = Path(self.name).open("rb")  # noqa: SIM115 (closed below)
            except OSError as error:
                raise LoaderError(f"Cannot read {self.name}: {error.strerror}.") from error
            with raw:
                yield raw

    @contextmanager
    def open(self) -> Iterator[ByteStream]:
        """Open the source for reading its decompressed bytes; LoaderError where that fails."""
        with self.raw() as raw:
            stream = ByteStream(self.name, raw)
            found = container_of(stream.peek()) if self.container is None else None
            if found is not None and not (found == "zip" and may_be_zip(self.format)):
                raise LoaderError(
                    f"{self.name} is an archive ({found}), which only its first bytes say. "
                    f"Name it so that it ends in .{found}, or unpack it first."
                )
            yield stream
