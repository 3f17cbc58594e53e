"""Fixtures for tests of the loader."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, new_raw_tables
from tests.support.databases import Database, Engine

_SHARED: dict[Engine, Database] = {}


@pytest.fixture
def raw(engine: Engine, make_session_database: MakeDatabase, tmp_path: Path) -> RawTables:
    """Empty raw tables on each engine in turn, in a database that tests share to save time."""
    if engine not in _SHARED:
        _SHARED[engine] = make_session_database(engine)
    return new_raw_tables(_SHARED[engine], tmp_path)
