"""Organisations: each has a raw schema and a schema of marts of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loader.errors import UsageError
from loader.failures import database_errors
from loader.postgres import open_postgres
from loader.schema import RAW_COLUMNS
from loader.target import Target, open_duckdb

# Without an underscore, since dbt appends one and a name of its own to the schema of the marts.
_NAME = re.compile(r"[a-z][a-z0-9]{0,29}", re.ASCII)
_RESERVED = ("definitions", "intermediate", "staging", "marts", "snapshots")

_RAW_SCHEMAS = f"""
select table_schema from information_schema.tables
where table_catalog = current_database() and table_name = '{next(iter(RAW_COLUMNS))}'
"""


def check_name(name: str) -> str:
    """The name, if an organisation may be called so; UsageError otherwise."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise UsageError(
            f"{name!r} is no name for an organisation: it becomes part of schema names, so it is "
            "1 to 30 lower-case letters and digits, begins with a letter, and is none of "
            f"{', '.join(_RESERVED)}."
        )
    return name


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
        with open_duckdb(target, read_only=True) as database:
            return read_organisations(
                target.raw_schema, lambda query: database.execute(query).fetchall()
            )


def read_organisations(
    raw_schema: str, select: Callable[[str], list[tuple[Any, ...]]]
) -> list[str]:
    """The same, read by a function that runs a query on either engine."""
    prefix = f"{raw_schema}_"
    schemas = (schema for (schema,) in select(_RAW_SCHEMAS) if schema.startswith(prefix))
    names = (schema.removeprefix(prefix) for schema in schemas)
    return sorted(name for name in names if _NAME.fullmatch(name) and name not in _RESERVED)
