"""Raw tables that were there before, with other columns than the loader's."""

from __future__ import annotations

from collections.abc import Mapping

from loader.errors import LoaderError
from loader.targets.base import Target

#: What to do about a table that is there, and is not the loader's.
OTHER_SCHEMA = (
    "Rename that table, or keep the raw tables elsewhere with --raw-schema "
    "(and dbt's variable raw_schema)."
)


def require_columns(
    target: Target, table: str, actual: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    """Refuse a table whose columns, by name with their types, would fail at each append.

    Without any column there is no such table, or none that the user may know of: that is not wrong.
    """
    if actual and actual != expected:
        wrong = sorted(
            column
            for column in actual.keys() | expected.keys()
            if actual.get(column) != expected.get(column)
        )
        raise LoaderError(
            f"{target.label} already has a table {target.raw_schema}.{table} with other "
            f"columns (see {', '.join(wrong)}). {OTHER_SCHEMA}"
        )
