"""Temporary files: gone with the loader, and with the next one where it was killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from loader.errors import LoaderError
from loader.stores.spill import SpillDirectory


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def age(spill: SpillDirectory) -> None:
    """Let a directory be an hour old."""
    for lock in spill.path.iterdir():
        os.utime(lock, (time.time() - 3600,) * 2)


def test_removed_with_all_that_is_in_it(temporary: Path) -> None:
    spill = SpillDirectory()
    (spill.path / "rows").write_text("rows")
    spill.remove()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_loader_left_is_removed(temporary: Path) -> None:
    killed = SpillDirectory()
    (killed.path / "rows").write_text("rows")
    age(killed)
    killed._lock.close()
    following = SpillDirectory()
    assert list(temporary.iterdir()) == [following.path]


def test_what_is_in_use_stays(temporary: Path) -> None:  # noqa: ARG001
    running = SpillDirectory()
    age(running)
    SpillDirectory()
    assert running.path.is_dir()


def test_what_is_about_to_be_locked_stays(temporary: Path) -> None:  # noqa: ARG001
    starting = SpillDirectory()
    starting._lock.close()
    SpillDirectory()
    assert starting.path.is_dir()


def test_nowhere_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(LoaderError, match="set TMPDIR"):
        SpillDirectory()
