"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loader.errors import LoaderError, UsageError


@contextmanager
def whole_file(path: Path, force: bool) -> Iterator[Path]:
    """Lend a temporary file beside ``path`` that takes its place when the block ends well.

    Raises UsageError when ``path`` exists and ``force`` is not set, or is no file, and
    LoaderError when it cannot be written. Whatever goes wrong, ``path`` stays as it was.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file. Choose another --output, or - for stdout.")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already. Choose another --output, or add --force.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise LoaderError(
            f"Cannot write in {path.parent}: {error.strerror}. Choose another --output."
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # A temporary file is for its owner alone; the finished one is as private as any new file.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise LoaderError(f"Cannot write {path}: {error.strerror}. Nothing was left.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    current = os.umask(0)
    os.umask(current)
    return current
