"""Organisations: each has a raw schema and a schema of marts of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loader.errors import UsageError
from loader.failures import database_errors
from loader.lake.manifest import organisations_in
from loader.lake.storage import open_storage
from loader.opening import open_to_read
from loader.postgres import open_postgres
from loader.schema import RAW_COLUMNS
from loader.targets import Target

# Without an underscore, since dbt appends one and a name of its own to the schema of the marts.
_NAME = re.compile(r"[a-z][a-z0-9]{0,29}", re.ASCII)
_RESERVED = ("definitions", "intermediate", "staging", "marts", "snapshots")

_RAW_SCHEMAS = f"""
select table_schema from information_schema.tables
where table_catalog = current_database() and table_name = '{next(iter(RAW_COLUMNS))}'
"""


# ClickHouse's databases are schemas of one server.
_DATABASES = f"select database from system.tables where name = '{next(iter(RAW_COLUMNS))}'"


def check_name(name: str) -> str:
    """The name, if an organisation may be called so; UsageError otherwise."""
    if not _is_name(name):
        raise UsageError(
            f"{name!r} is no name for an organisation: it becomes part of schema names, so it is "
            "1 to 30 lower-case letters and digits, begins with a letter, and is none of "
            f"{', '.join(_RESERVED)}."
        )
    return name


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in _RESERVED


def target_of(target: Target, organisation: str | None) -> Target:
    """The target with the schemas of an organisation; None stands for the default ones."""
    if organisation is None:
        return target
    return replace(
        target,
        raw_schema=f"{target.raw_schema}_{organisation}",
        schema=f"{target.schema}_{organisation}",
    )


def organisations(target: Target) -> list[str]:
    """The organisations whose raw tables are there, sorted. Raises LoaderError."""
    with database_errors(target, "looking for organisations"):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                return read_organisations(
                    target.raw_schema, lambda query: connection.execute(query.encode()).fetchall()
                )
        if target.engine == "clickhouse":
            from loader.clickhouse import open_clickhouse  # noqa: PLC0415 (if there is its driver)

            with open_clickhouse(target) as client:
                return read_organisations(target.raw_schema, client.rows, _DATABASES)
        if target.engine == "lake":
            names = organisations_in(open_storage(target.lake_address))
            return [name for name in names if _is_name(name)]
        with open_to_read(target) as database:
            return read_organisations(
                target.raw_schema, lambda query: database.execute(query).fetchall()
            )


def read_organisations(
    raw_schema: str,
    select: Callable[[str], list[tuple[Any, ...]]],
    query: str = _RAW_SCHEMAS,
) -> list[str]:
    """The same, read by a function that runs a query."""
    prefix = f"{raw_schema}_"
    schemas = (schema for (schema,) in select(query) if schema.startswith(prefix))
    names = (schema.removeprefix(prefix) for schema in schemas)
    return sorted(filter(_is_name, names))
