"""Rows of finished SQL, through the adapter that the last dbt command of this process used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import click

# Their adapters hand over a cursor of Python's own interface; those of others may not. Only dbt's
# tables come from every adapter, and making one takes longer than most of these queries.
_WITH_CURSOR = {"duckdb", "postgres"}


def read_all(statements: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Run each statement on one connection, and return its rows; each fraction is a float.

    Raises:
        click.ClickException: A statement cannot be run.
    """
    from dbt.adapters.factory import FACTORY  # noqa: PLC0415 - importing dbt takes seconds
    from dbt_common.exceptions import DbtBaseException  # noqa: PLC0415

    found: list[Any] = list(FACTORY.adapters.values())
    (adapter,) = found
    try:
        with adapter.connection_named("rows"):
            return [_read(adapter, statement) for statement in statements]
    except DbtBaseException as error:
        raise click.ClickException(f"dbt cannot read the database. {error}") from error


def _read(adapter: Any, statement: str) -> list[dict[str, Any]]:
    if adapter.type() in _WITH_CURSOR:
        _, cursor = adapter.connections.add_query(statement, auto_begin=False)
        return named([column[0] for column in cursor.description], cursor.fetchall())
    _, table = adapter.execute(statement, fetch=True)
    return named(table.column_names, (row.values() for row in table.rows))


def named(names: Sequence[str], rows: Iterable[Iterable[Any]]) -> list[dict[str, Any]]:
    """Give the values of each row their names."""
    return [
        {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in rows
    ]
