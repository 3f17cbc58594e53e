"""A target of type duckdb whose events lie in a lake: the plugin of dbt-duckdb says where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loader.errors import LoaderError
from loader.targets.base import Target

#: The module of dbt-duckdb's plugin, by which a target is known to have a lake.
PLUGIN = "loader.lake.plugin"


def lake_settings(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What ``plugins:`` says of the lake; None for a target that has none."""
    for plugin in output.get("plugins") or []:
        if isinstance(plugin, Mapping) and plugin.get("module") == PLUGIN:
            return plugin.get("config") or {}
    return None


def lake_target(target: Target, settings: Mapping[str, Any], where: str) -> Target:
    """The target of a DuckDB file and of the lake beside it; LoaderError without an address."""
    address = settings.get("path")
    if not address:
        raise LoaderError(
            f"{where}: the plugin {PLUGIN} has no path. Set 'config: {{path: …}}' to a folder "
            "or to an address such as s3://bucket/lake."
        )
    schema = str(settings.get("raw_schema") or "raw")
    if target.raw_schema != schema and not target.raw_schema.startswith(f"{schema}_"):
        raise LoaderError(
            f"{where}: --raw-schema is {target.raw_schema!r}, and the lake's is {schema!r}. "
            f"Leave it out, or set 'config: {{raw_schema: {target.raw_schema}}}'."
        )
    return replace(target, engine="lake", lake=str(address), lake_schema=schema)
