"""Lakes, empty or with a first build."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lake.lakes import Lake, new_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    made = new_lake(tmp_path / "of_lake")
    made.run("init")
    return made
