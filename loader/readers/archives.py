"""Archives (zip, tar): each member is a source of its own, read where it lies in the archive.

Nothing is unpacked onto the disk, so nothing in an archive can write anywhere, whatever its name.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from loader.errors import LoaderError
from loader.explain import full_disk
from loader.readers.compression import ByteStream
from loader.readers.formats import (
    claimed_container,
    claimed_format,
    claimed_refused,
    is_hidden,
)
from loader.readers.options import ReadOptions
from loader.readers.source import Source

#: Told a sentence without a full stop, on what was not read.
Note = Callable[[str], None]

_ENCRYPTED = 1
_MAX_NAMES = 10
_END_OF_TAR = bytes(512)


def members(sources: Iterable[Source], note: Note) -> Iterator[Source]:
    """The sources with each archive's members in its place.

    A member must be read before the next one is asked for. What is wrong with an archive is
    raised as LoaderError when the source that stands for it is opened. ``note`` is told what is
    left out.
    """
    for source in sources:
        if source.container is None:
            yield source
            continue
        left_out: list[str] = []
        count = 0
        read = _zip_members if source.container == "zip" else _tar_members
        try:
            for count, member in enumerate(read(source, left_out), 1):  # noqa: B007
                yield member
        except LoaderError as error:
            yield failing(source, error)
            count += 1
        if not count:
            held = f"; it holds {listed(left_out)}" if left_out else ""
            yield failing(
                source,
                LoaderError(
                    f"{source.name} holds no file of a known ending{held}. Unpack it, or name the "
                    "format of all files in it with --format."
                ),
            )
        elif left_out:
            note(f"left out of {source.name}: {listed(left_out)}")


def failing(source: Source, error: LoaderError) -> Source:
    """A source that raises ``error`` when it is opened."""

    def opener() -> AbstractContextManager[BinaryIO]:
        raise error

    return replace(source, container=None, opener=opener)


def listed(names: list[str]) -> str:
    """Names as they may stand in a sentence, the first few of them."""
    more = f" and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _member(archive: Source, name: str, size: int, opener: object) -> Source | None:
    """The source for a member; None where it is left out."""
    reading: ReadOptions = archive.reading
    path = PurePosixPath(name.replace("\\", "/"))
    if any(map(is_hidden, path.parts)):
        return None
    full = shown(f"{archive.name}:{name}")
    if claimed_container(name) is not None or claimed_refused(name) is not None:
        error = LoaderError(f"{full} is an archive within an archive. Unpack {archive.name} first.")
        return failing(Source(full, "jsonl"), error)
    found = reading.format or claimed_format(name) or reading.fallback
    if found is None:
        return None
    opened = cast(Callable[[], AbstractContextManager[BinaryIO]], opener)
    return Source(full, found, reading, opener=opened, bytes_to_read=size)


def shown(name: str) -> str:
    """A name that every database can store and every terminal show."""
    text = name.encode(errors="backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _zip_members(archive: Source, left_out: list[str]) -> Iterator[Source]:
    with _seekable(archive) as file:
        try:
            opened = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise LoaderError(
                f"{archive.name} is damaged or cut off, or no zip archive: {error}. Fetch it again."
            ) from error
        with opened:
            for info in opened.infolist():
                if info.is_dir():
                    continue
                opener = partial(_zip_member, opened, info, f"{archive.name}:{info.filename}")
                member = _member(archive, info.filename, info.compress_size, opener)
                if member is None:
                    left_out.append(shown(info.filename))
                else:
                    yield member


@contextmanager
def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[BinaryIO]:
    if info.flag_bits & _ENCRYPTED:
        raise LoaderError(f"{shown(name)} is encrypted. Unpack it with its password first.")
    try:
        file = archive.open(info)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise LoaderError(f"Cannot read {shown(name)}: {error}. Unpack it first.") from error
    with file:
        yield cast(BinaryIO, _Guarded(shown(name), file))


class _Guarded:
    """A member whose every error names it."""

    def __init__(self, name: str, file: object) -> None:
        self._name = name
        self._file = cast(BinaryIO, file)

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except EOFError as error:
            raise LoaderError(f"{self._name} is cut off. Fetch the archive again.") from error
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, OSError, ValueError) as error:
            raise LoaderError(
                f"{self._name} is damaged: {error}. Fetch the archive again."
            ) from error


def _tar_members(archive: Source, left_out: list[str]) -> Iterator[Source]:
    with archive.raw() as raw:
        stream = _Ending(ByteStream(archive.name, raw))
        try:
            opened = tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|")  # noqa: SIM115
        except tarfile.TarError as error:
            raise LoaderError(
                f"{archive.name} is damaged or cut off, or no tar archive: {error}. Fetch it again."
            ) from error
        with opened:
            while (info := _next(opened, archive.name)) is not None:
                if info.isdir():
                    continue
                opener = partial(_tar_member, opened, info, f"{archive.name}:{info.name}")
                member = _member(archive, info.name, info.size, opener) if info.isreg() else None
                if member is None:
                    left_out.append(shown(info.name))
                else:
                    yield member
        if not stream.has_end():
            raise LoaderError(
                f"{archive.name} has no end mark: it may be cut off. What it held so far was read; "
                "fetch it again."
            )


def _next(archive: tarfile.TarFile, name: str) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise LoaderError(f"{name} is damaged or cut off: {error}. Fetch it again.") from error


@contextmanager
def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> Iterator[BinaryIO]:
    file = archive.extractfile(info)
    if file is None:
        raise LoaderError(f"{shown(name)} is no file.")
    with file:
        yield cast(BinaryIO, _Guarded(shown(name), file))


class _Ending:
    """A stream that remembers how it ended."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._last = (self._last + chunk)[-len(_END_OF_TAR) :]
        return chunk

    def has_end(self) -> bool:
        """Whether the blocks of zeros were there that end every archive."""
        while self.read(1 << 20):
            pass
        return self._last == _END_OF_TAR


@contextmanager
def _seekable(source: Source) -> Iterator[BinaryIO]:
    """The bytes of an archive, to be read from anywhere."""
    with source.raw() as raw:
        if not source.is_stdin and raw.seekable():
            yield raw
            return
        with tempfile.TemporaryFile() as copy:
            try:
                shutil.copyfileobj(raw, copy, 1 << 20)
            except OSError as error:
                where = f"temporary files ({tempfile.gettempdir()})"
                raise LoaderError(full_disk(where, error)) from error
            copy.seek(0)
            yield cast(BinaryIO, copy)
