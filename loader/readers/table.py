"""What tables (CSV and Parquet) have in common: columns, of which some must be there."""

from __future__ import annotations

from collections.abc import Sequence

from loader.errors import LoaderError
from loader.field_names import FieldNames


def check_columns(source: str, columns: Sequence[str], names: FieldNames) -> None:
    """Raise LoaderError unless the columns can hold events, saying which there are."""
    missing = names.missing(columns)
    if missing:
        raise LoaderError(
            f"{source} has no column for {', '.join(missing)}. Its columns are "
            f"{', '.join(columns)}. Name the right one, for instance "
            f"--map {missing[0]}=COLUMN"
        )
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise LoaderError(
            f"{source} has more than one column named {', '.join(twice)}. Rename all but one."
        )
