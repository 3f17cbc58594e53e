"""The targets of ``profiles.yml``, one file for each engine, and how to open them."""

from __future__ import annotations

from loader.targets.base import Engine, Target
from loader.targets.duckdb import check_duckdb_file_exists, open_duckdb
from loader.targets.load import load_target

__all__ = ["Engine", "Target", "check_duckdb_file_exists", "load_target", "open_duckdb"]
