"""A DuckDB file is read from a copy, so that no reader holds up a build, and no build a reader.

DuckDB lets one process write a file, or several read it. The copy is made when nobody writes, and
is replaced when the file has changed; while somebody writes, the last one goes on serving.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_SECONDS = 3.0
# A file that was changed less long ago might change again within the same tick of its clock.
_SETTLED_SECONDS = 0.1
# linux/fs.h: share the blocks of a file, where the file system can; at once, whatever the size
_FICLONE = 0x40049409
# struct flock of Linux: type, whence, start, length, process
_FLOCK = "hhqqhh4x"

Stamp = tuple[int, ...]
_lock = threading.Lock()
# of each file its latest copies, the current one last
_copies: dict[Path, list[tuple[Stamp, Path]]] = {}


def read_a_copy(
    uri: Any, params: dict[str, Any], username: str, security_manager: object, source: object
) -> tuple[Any, dict[str, Any]]:
    """Superset's DB_CONNECTION_MUTATOR: leads connections with a DuckDB file to its copy.

    Args:
        uri: SQLAlchemy's URL.
        params: What SQLAlchemy's `create_engine` gets; left as it is.
        username: Who asks; makes no difference.
        security_manager: Superset's; makes no difference.
        source: Where the question comes from; makes no difference.
    """
    del username, security_manager, source
    if uri.get_backend_name() != "duckdb" or uri.database in (None, "", ":memory:"):
        return uri, params
    return uri.set(database=str(copy_of(Path(uri.database)))), params


def copy_of(path: Path) -> Path:
    """A copy of the file as it last was while nobody wrote.

    Raises:
        OSError: There is no such file, or somebody has been writing to it for seconds and
            there is no copy yet.
    """
    path = path.resolve()
    with _lock:
        until = time.monotonic() + _SECONDS
        copies = _copies.setdefault(path, [])
        while not copies or copies[-1][0] != _stamp(path):
            taken = _take(path)
            if taken is not None:
                copies.append(taken)
                # Who was just led to the one before may still open it.
                for _, old in copies[:-2]:
                    shutil.rmtree(old.parent, ignore_errors=True)
                del copies[:-2]
            elif copies:
                break
            elif time.monotonic() > until:
                raise OSError(f"{path} is being written to, and there is no copy of it yet.")
            else:
                time.sleep(0.2)
        return copies[-1][1]


def _directory() -> Path:
    """Where this process keeps its copies; those of processes that have ended are removed."""
    place = Path(tempfile.gettempdir()) / f"dashboards-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        raise OSError(f"{place} belongs to somebody else.")
    own = place / str(os.getpid())
    if not own.exists():
        for other in place.iterdir():
            if other.name.isdigit() and not Path(f"/proc/{other.name}").exists():
                shutil.rmtree(other, ignore_errors=True)
        own.mkdir(mode=0o700)
    return own


def _take(path: Path) -> tuple[Stamp, Path] | None:
    """Copy the file; None where somebody writes, or did so meanwhile."""
    stamp = _stamp(path)
    if _is_written(path) or time.time_ns() - max(stamp[2::3]) < _SETTLED_SECONDS * 1e9:
        return None
    # By the same name, which is the database's: views name it.
    copy = Path(tempfile.mkdtemp(dir=_directory())) / path.name
    for old, new in ((path, copy), (_log_of(path), _log_of(copy))):
        with suppress(FileNotFoundError), old.open("rb") as read, new.open("wb") as written:
            try:
                fcntl.ioctl(written, _FICLONE, read.fileno())
            except OSError:
                shutil.copyfileobj(read, written, 1 << 20)
    if _is_written(path) or _stamp(path) != stamp:
        shutil.rmtree(copy.parent, ignore_errors=True)
        return None
    return stamp, copy


def _log_of(path: Path) -> Path:
    """Where DuckDB keeps what it has not yet put into the file."""
    return path.with_name(f"{path.name}.wal")


def _stamp(path: Path) -> Stamp:
    """What changes with the file or its log."""
    parts: list[int] = []
    for file in (path, _log_of(path)):
        with suppress(FileNotFoundError):
            status = file.stat()
            parts += [status.st_ino, status.st_size, status.st_mtime_ns]
    if not parts:
        raise FileNotFoundError(f"There is no DuckDB file {path}.")
    return tuple(parts)


def _is_written(path: Path) -> bool:
    """Whether another process has a lock that keeps readers out; takes none itself."""
    asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0, 0)
    with path.open("rb") as file:
        answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    kind, *_ = struct.unpack(_FLOCK, answer)
    return bool(kind == fcntl.F_WRLCK)
