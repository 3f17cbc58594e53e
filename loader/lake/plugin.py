"""The plugin of dbt-duckdb for a lake: each invocation of dbt shows what is in it at its start."""

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from dbt_common.invocation import get_invocation_id

from loader.errors import LoaderError
from loader.lake.manifest import Manifest, organisations_in
from loader.lake.refresh import refresh
from loader.lake.storage import open_storage
from loader.quiet_duckdb import cursor_of


class Plugin(BasePlugin):
    """Makes the raw tables of all organisations in the target's DuckDB file."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the settings: ``path`` of the lake, and ``raw_schema``, by default raw."""
        address = str(plugin_config.get("path") or "")
        self._raw_schema = str(plugin_config.get("raw_schema") or "raw")
        self._refreshed_for: str | None = None
        if not address:
            raise DbtRuntimeError(
                f"The plugin {__name__} has no path: set 'config: {{path: …}}' in profiles.yml."
            )
        try:
            self._storage = open_storage(address)
        except LoaderError as error:
            raise DbtRuntimeError(str(error)) from error

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the lake; the first one of an invocation looks what is in it."""
        try:
            self._storage.let_read(cursor)
            if self._refreshed_for == get_invocation_id():
                return
            own = cursor_of(cursor)
            for organisation in (None, *organisations_in(self._storage)):
                suffix = f"_{organisation}" if organisation else ""
                refresh(own, Manifest(self._storage, organisation), f"{self._raw_schema}{suffix}")
            own.close()
            self._refreshed_for = get_invocation_id()
        except (LoaderError, duckdb.Error) as error:
            raise DbtRuntimeError(str(error)) from error
