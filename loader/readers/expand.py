"""Which sources the arguments of a command name."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from loader.errors import LoaderError, UsageError
from loader.readers import remote
from loader.readers.archives import Note, listed
from loader.readers.compression import ByteStream
from loader.readers.formats import (
    Container,
    claimed_container,
    claimed_format,
    claimed_refused,
    compression_of,
    container_of,
    format_of,
    how_to_choose,
    is_hidden,
    may_be_zip,
)
from loader.readers.options import Format, ReadOptions
from loader.readers.source import STDIN, Opener, Source

# Compressed bytes that hold the beginning of an archive, as a rule.
_STDIN_HEAD = 64 << 10


def expand(
    names: Sequence[str], reading: ReadOptions | None = None, note: Note = lambda _: None
) -> list[Source]:
    """The sources that the arguments name, none of them twice.

    They name files, archives, folders with all files in them, globs that no shell expanded,
    addresses and ``-``. ``note`` is told what a folder holds that cannot be read. Raises UsageError
    for what is not there and for a name that says no format, before anything is read, and
    LoaderError where a library is missing or a server cannot be asked.
    """
    reading = reading or ReadOptions()
    sources: dict[str, Source] = {}
    for name in names:
        for source in _sources(name, reading, note):
            sources.setdefault(source.name, source)
    return list(sources.values())


def _sources(name: str, reading: ReadOptions, note: Note) -> Iterator[Source]:
    path = Path(name)
    if name == STDIN:
        yield _stdin(reading)
    elif remote.is_remote(name) and not path.exists():
        yield from _remote(name, reading, note)
    elif path.is_dir():
        yield from _folder(name, reading, note)
    elif path.exists():
        yield _file(name, reading)
    elif glob.has_magic(name):
        matches = glob.glob(name, recursive=True)  # noqa: PTH207 (name may be absolute)
        found = sorted(match for match in matches if Path(match).is_file())
        if not found:
            raise UsageError(f"No file matches {name}")
        for match in found:
            yield _file(match, reading)
    else:
        raise UsageError(f"There is no file {name}")


def _stdin(reading: ReadOptions) -> Source:
    """Standard input, JSON lines unless an option or its first bytes say otherwise."""
    head = b""
    if sys.stdin is not None and not sys.stdin.isatty():
        buffer: Any = sys.stdin.buffer
        with suppress(OSError):  # whoever reads it says so
            if hasattr(buffer, "peek"):
                head = buffer.peek(_STDIN_HEAD)
            elif buffer.seekable():
                head = buffer.read(_STDIN_HEAD)
                buffer.seek(0)
    found = _container_within(head)
    if found == "zip" and may_be_zip(reading.format):
        found = None
    return Source(STDIN, reading.format or reading.fallback or "jsonl", reading, container=found)


def _folder(name: str, reading: ReadOptions, note: Note) -> Iterator[Source]:
    """All files below a folder, but for hidden ones and those whose names say no format."""
    left_out: list[str] = []
    count = 0
    for folder, folders, files in os.walk(name):
        for hidden in filter(is_hidden, folders):
            left_out.append(f"{os.path.relpath(Path(folder, hidden), name)}/")
        folders[:] = sorted(part for part in folders if not is_hidden(part))
        for file in sorted(files):
            path = str(Path(folder, file))
            known = _format(file, reading) or claimed_container(file)
            if is_hidden(file) or known is None or not Path(path).is_file():
                left_out.append(os.path.relpath(path, name))
                continue
            count += 1
            yield _file(path, reading)
    if not count:
        raise UsageError(f"{name} is a folder without a file that can be read.")
    if left_out:
        note(f"left out of {name}: {listed(left_out)}")


def _remote(address: str, reading: ReadOptions, note: Note) -> Iterator[Source]:
    if not remote.is_pattern(address) and not remote.is_folder(address):
        yield _addressed(address, reading, remote.size(address))
        return
    left_out: list[str] = []
    count = 0
    whole = remote.is_folder(address)
    for found, size in remote.listed(address):
        parts = found.removeprefix(address).split("/")
        known = _format(found, reading) or claimed_container(found)
        if whole and (known is None or any(map(is_hidden, parts))):
            left_out.append(found.removeprefix(address))
            continue
        count += 1
        yield _addressed(found, reading, size)
    if not count:
        raise UsageError(f"{address} is a folder without a file that can be read.")
    if left_out:
        note(f"left out of {address}: {listed(left_out)}")


def _addressed(address: str, reading: ReadOptions, size: int) -> Source:
    name = remote.shown(address)
    container = _container(name, reading.format)
    found = _format(name, reading) or ("jsonl" if container else None)
    if found is None:
        raise UsageError(_unknown(name))
    opener = partial(remote.opened, address)
    return Source(name, found, reading, container, opener, size)


def _file(name: str, reading: ReadOptions) -> Source:
    """The source for a file that is there: its first bytes tell, before its name does."""
    if not stat.S_ISREG(Path(name).stat().st_mode):  # a pipe gives its bytes only once
        container = _container(name, reading.format)
        found = _format(name, reading) or ("jsonl" if container else None)
        if found is None:
            raise UsageError(_unknown(name))
        return Source(name, found, reading, container, _pipe(name))
    claimed = reading.format or claimed_format(name)
    head = _head(Source(name, claimed or "jsonl"))
    container = container_of(head)
    if container == "zip" and may_be_zip(claimed):
        container = None
    if container is None and _container(name, reading.format) is not None:
        # what is wrong with it is said when it is read
        container = _container(name, reading.format)
    found = claimed or format_of(head) or reading.fallback or ("jsonl" if container else None)
    if found is None:
        raise UsageError(_unknown(name))
    return Source(name, found, reading, container)


def _format(name: str, reading: ReadOptions) -> Format | None:
    """The format that an option or a name says, or else a preset."""
    return reading.format or claimed_format(name) or reading.fallback


def _container(name: str, given: Format | None) -> Container | None:
    """Which archive a name says; an explicit format says that it is none."""
    return claimed_container(name) if given is None else None


def _head(source: Source) -> bytes:
    """The first decompressed bytes of a file; none where they cannot be read."""
    try:
        with source.raw() as raw:
            return ByteStream(source.name, raw).peek()
    except LoaderError:
        return b""  # said when it is read


def _container_within(head: bytes) -> Container | None:
    """Which archive a stream is that begins like this, perhaps compressed."""
    if compression_of(head) is None:
        return container_of(head)
    try:
        return container_of(ByteStream(STDIN, io.BytesIO(head)).peek())
    except LoaderError:  # the rest is missing, which says nothing
        return None


def _pipe(name: str) -> Opener:
    return lambda: Path(name).open("rb")


def _unknown(name: str) -> str:
    refused = claimed_refused(name)
    if refused is not None:
        return f"{name} is {refused}, which cannot be read. Unpack it first."
    return how_to_choose(name)
