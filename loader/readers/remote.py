"""Addresses (``s3://``, ``gs://``, ``https://``), read by fsspec and what it brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from loader.errors import LoaderError, UsageError
from loader.readers.extras import needed

_ADDRESS = re.compile(r"(s3|s3a|gs|gcs|https?)://")
_GLOB = re.compile(r"[*?\[]")
_BLOCK = 8 << 20
_RETRIES_HELP = "Is the address right, and may these credentials read it?"


def is_remote(name: str) -> bool:
    """Whether a name is an address of one of the kinds that can be read."""
    return _ADDRESS.match(name) is not None


def _is_http(address: str) -> bool:
    return address.startswith("http")


def shown(address: str) -> str:
    """The address as reports call it: without what an https one may have of secrets."""
    if not _is_http(address):
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def is_pattern(address: str) -> bool:
    """Whether an address names several files; addresses of https never do."""
    return not _is_http(address) and _GLOB.search(address) is not None


def listed(address: str) -> list[tuple[str, int]]:
    """Addresses and sizes of the files that a pattern or a folder names, sorted.

    Raises LoaderError where the server cannot be asked, UsageError where there is none.
    """
    system, path = _system(address)
    scheme = address.partition("://")[0]
    try:
        if is_pattern(address):
            found = system.glob(path, detail=True)
        else:
            found = system.find(path.rstrip("/") + "/", detail=True)
    except Exception as error:
        raise _unreadable(address, error) from error
    files = {name: info for name, info in found.items() if info.get("type") == "file"}
    if not files:
        raise UsageError(f"No file matches {address}")
    return [(f"{scheme}://{name}", int(files[name].get("size") or 0)) for name in sorted(files)]


def size(address: str) -> int:
    """The bytes of a file; 0 where the server does not say. Raises LoaderError."""
    system, path = _system(address)
    try:
        return int(system.info(path).get("size") or 0)
    except Exception as error:
        raise _unreadable(address, error) from error


def is_folder(address: str) -> bool:
    """Whether an address ends as folders do, or is a whole bucket; nobody is asked."""
    if _is_http(address):
        return False
    return address.endswith("/") or "/" not in address.partition("://")[2]


@contextmanager
def opened(address: str) -> Iterator[BinaryIO]:
    """The bytes of a file, as they come over the network. Raises LoaderError."""
    system, path = _system(address)
    try:
        if _is_http(address):  # whose servers may know no ranges: from front to back, then
            file = system.open(path, "rb", block_size=0)
        else:
            file = system.open(path, "rb", block_size=_BLOCK, cache_type="readahead")
    except Exception as error:
        raise _unreadable(address, error) from error
    with file:
        yield cast(BinaryIO, _Guarded(address, file, seekable=not _is_http(address)))


class _Guarded:
    """A remote file whose every error names it."""

    def __init__(self, address: str, file: Any, *, seekable: bool) -> None:
        self._seekable = seekable
        self._address = address
        self._file = file

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._file.read(size))
        except Exception as error:
            raise _unreadable(self._address, error) from error

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return int(self._file.seek(offset, whence))
        except Exception as error:
            raise _unreadable(self._address, error) from error

    def tell(self) -> int:
        return int(self._file.tell())

    def seekable(self) -> bool:
        return self._seekable


def _system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    fsspec = needed("fsspec", address, "remote")
    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise LoaderError(
            f"Reading {shown(address)} needs a package that is not installed. "
            "Install it with: pip install 'dbt-event-analytics[remote]'"
        ) from error
    except Exception as error:
        raise _unreadable(address, error) from error
    return system, path


def _unreadable(address: str, error: Exception) -> LoaderError:
    said = (str(error) or type(error).__name__).splitlines()[0].replace(address, shown(address))
    return LoaderError(f"Cannot read {shown(address)}: {said.rstrip('.')}. {_RETRIES_HELP}")
