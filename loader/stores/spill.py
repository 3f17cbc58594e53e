"""A directory for what does not fit into memory, which no killed process leaves for ever."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from loader.errors import LoaderError
from loader.explain import first_line

_PREFIX = "loader-spill-"
_LOCK = "lock"
# By then a directory has been locked by whoever made it.
_LOCKED_AFTER_SECONDS = 60


class SpillDirectory:
    """A new directory among the temporary files (``TMPDIR``), locked while it is in use.

    Raises LoaderError where none can be made. Those that processes left behind that no longer
    run, and so hold no lock, are removed.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        try:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._lock = (self.path / _LOCK).open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        except OSError as error:
            raise LoaderError(
                f"No temporary files can be written to {tempfile.gettempdir()} "
                f"({first_line(error)}). Make room there, or set TMPDIR to another directory."
            ) from error

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _remove_abandoned() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        # In use, of another user, or removed meanwhile by another loader: nobody's concern here.
        with suppress(OSError), lock.open("r+") as held:
            if time.time() - lock.stat().st_mtime < _LOCKED_AFTER_SECONDS:
                continue
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
