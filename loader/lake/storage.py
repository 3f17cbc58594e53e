"""Files of a lake, in a folder of this machine or behind an address such as ``s3://``.

Names are relative to the lake, with slashes. Every failure is a LoaderError that names the file.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import duckdb

from loader.errors import LoaderError
from loader.explain import first_line
from loader.readers.extras import needed
from loader.readers.remote import is_remote

_AT_ONCE = 16
_ATTEMPTS = 5
# What stores answer to a conditional put of what is there already, and of two at once.
_IS_THERE = "PreconditionFailed"
_IN_PROGRESS = "ConditionalRequestConflict"


class Storage(Protocol):
    """What a lake needs of the place that it lies in."""

    #: The address of the lake, without a slash at its end.
    address: str

    def place(self, name: str) -> str:
        """The name by which DuckDB reads a file."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Write a file, whole or not at all, unless there is one; whether there was none."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        ...

    def names(self, folder: str) -> list[str]:
        """The names of all files under a folder, sorted; none where there is no folder."""
        ...

    def ages(self, folder: str) -> dict[str, datetime]:
        """The same names, each with the time (UTC) at which the file was written."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def writing(self, name: str) -> Any:
        """A context of a path of this machine, whose file lies in the lake afterwards."""
        ...

    def let_read(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a connection to DuckDB read files of the lake."""
        ...


def open_storage(address: str) -> Storage:
    """The place that an address (or a folder's path) names."""
    return RemoteStorage(address) if is_remote(address) else LocalStorage(address)


def read_all(storage: Storage, names: list[str]) -> list[bytes]:
    """The contents of files, several of which are read at once; LoaderError if one is gone."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        contents = list(pool.map(storage.read, names))
    for name, content in zip(names, contents, strict=True):
        if content is None:
            raise LoaderError(f"{storage.place(name)} was there a moment ago, and is gone.")
    return [content for content in contents if content is not None]


class LocalStorage:
    """A folder of this machine, or of a file system that is mounted here."""

    def __init__(self, address: str) -> None:
        self._root = Path(address).expanduser().absolute()
        self.address = str(self._root)

    def place(self, name: str) -> str:
        """The file's path."""
        return str(self._root / name)

    def create(self, name: str, content: bytes) -> bool:
        """Write beside, then link, which fails where there is one."""
        with self._failures(name):
            path = self._root / name
            if path.exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
            try:
                with temporary.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                try:
                    os.link(temporary, path)
                except FileExistsError:
                    return False
                _sync(path.parent)
                return True
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()

    def read(self, name: str) -> bytes | None:
        """The file's content."""
        with self._failures(name):
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[str]:
        """All but what `create` is about to link."""
        with self._failures(folder):
            found = (self._root / folder).rglob("*")
            return sorted(
                path.relative_to(self._root).as_posix()
                for path in found
                if not path.name.startswith(".") and path.is_file()
            )

    def ages(self, folder: str) -> dict[str, datetime]:
        """By the files' times of change."""
        found: dict[str, datetime] = {}
        for path in (self._root / folder).rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    found[path.relative_to(self._root).as_posix()] = moment
        return found

    def remove(self, name: str) -> None:
        """Remove the file."""
        with self._failures(name), suppress(FileNotFoundError):
            (self._root / name).unlink()

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """The file's own path, as nobody reads it before the manifest lists it."""
        with self._failures(name):
            path = self._root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            yield path
            with path.open("rb") as file:
                os.fsync(file.fileno())
            _sync(path.parent)

    def let_read(self, connection: duckdb.DuckDBPyConnection) -> None:
        """DuckDB reads files of this machine itself."""

    @contextmanager
    def _failures(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _unusable(self.place(name), error) from error


class RemoteStorage:
    """A bucket, by the client of its makers: conditional puts are the server's."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        fsspec = needed("fsspec", address, "remote")
        try:
            self._system, self._root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
        except Exception as error:
            raise _unusable(self.address, error) from error

    def place(self, name: str) -> str:
        """The file's address."""
        return f"{self.address}/{name}"

    def create(self, name: str, content: bytes) -> bool:
        """Put with the condition that there is none."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._system.pipe_file(f"{self._root}/{name}", content, mode="create")
            except FileExistsError:
                return False
            except Exception as error:
                code = _code(error)
                if code == _IS_THERE:
                    return False
                if code != _IN_PROGRESS or attempt == _ATTEMPTS:
                    raise _unusable(self.place(name), error) from error
                time.sleep(0.1 * 2**attempt)
            else:
                return True
        raise AssertionError("unreachable")

    def read(self, name: str) -> bytes | None:
        """The file's content."""
        try:
            return bytes(self._system.cat_file(f"{self._root}/{name}"))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise _unusable(self.place(name), error) from error

    def names(self, folder: str) -> list[str]:
        """As the server lists them."""
        return sorted(self._found(folder))

    def ages(self, folder: str) -> dict[str, datetime]:
        """By the server's clock."""
        return {name: info["LastModified"] for name, info in self._found(folder).items()}

    def remove(self, name: str) -> None:
        """Remove the file."""
        try:
            self._system.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            pass
        except Exception as error:
            raise _unusable(self.place(name), error) from error

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A temporary file, which is uploaded at the end."""
        with TemporaryDirectory(prefix="loader-lake-") as directory:
            path = Path(directory) / "file"
            yield path
            try:
                self._system.put_file(str(path), f"{self._root}/{name}")
            except Exception as error:
                raise _unusable(self.place(name), error) from error

    def let_read(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Register the client, unless the connection reads such addresses already."""
        if not connection.filesystem_is_registered(_protocol(self._system)):
            connection.register_filesystem(self._system)

    def _found(self, folder: str) -> dict[str, Any]:
        try:
            found = self._system.find(f"{self._root}/{folder}/", detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:
            raise _unusable(self.place(folder), error) from error
        start = len(self._root) + 1
        return {name[start:]: info for name, info in found.items() if info["type"] == "file"}


def _code(error: BaseException) -> str:
    """What the server called its refusal; the client hands it over as the cause of its own."""
    response = getattr(error.__cause__ or error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _protocol(system: Any) -> str:
    names = system.protocol
    return str(names if isinstance(names, str) else names[0])


def _sync(folder: Path) -> None:
    """Let a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(place: str, error: Exception) -> LoaderError:
    return LoaderError(
        f"The lake cannot be used at {place}: {first_line(error)}. "
        "Is its address in profiles.yml right, and may you read and write there?"
    )
