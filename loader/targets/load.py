"""Reading a target from ``profiles.yml``: the engine of its type says how."""

from __future__ import annotations

from pathlib import Path

from loader import profiles
from loader.errors import LoaderError
from loader.targets.base import Target
from loader.targets.clickhouse import clickhouse_target
from loader.targets.duckdb import duckdb_target
from loader.targets.lake import lake_settings, lake_target
from loader.targets.postgres import postgres_target


def load_target(name: str | None, profiles_dir: Path | None, raw_schema: str) -> Target:
    """Read the target ``name`` (or the profile's default) from profiles.yml, as dbt would.

    Raises LoaderError when it cannot be found, rendered or understood.
    """
    chosen, output, path = profiles.read_output(name, profiles_dir)
    where = f"Target {chosen!r} in {path}"
    engine = output.get("type")
    if engine == "postgres":
        return postgres_target(chosen, output, raw_schema, where)
    if engine == "duckdb":
        target = duckdb_target(chosen, output, raw_schema, where)
        lake = lake_settings(output)
        return target if lake is None else lake_target(target, lake, where)
    if engine == "clickhouse":
        return clickhouse_target(chosen, output, raw_schema, where)
    raise LoaderError(
        f"{where} has the type {engine!r}, which the loader cannot append to. "
        "Use a target of type duckdb, postgres or clickhouse."
    )
