"""What tables have in common: columns, of which some must be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from loader.errors import LoaderError
from loader.field_names import Columns


def check_columns(source: str, columns: Sequence[str], names: Columns, hint: str = "") -> None:
    """Raise LoaderError unless the columns can hold events, saying which there are.

    A name that occurs twice does no harm where nothing reads it. ``hint`` is what else may help.
    """
    missing = names.missing(columns)
    if missing:
        raise LoaderError(
            f"{source} has no column for {', '.join(missing)}. Its columns are "
            f"{', '.join(map(_shown, columns))}. Name the right one, for instance "
            f"--map {missing[0]}=COLUMN{hint}"
        )
    read = Counter(names.columns(columns))
    twice = sorted(column for column in read if read[column] > 1)
    if twice:
        raise LoaderError(
            f"{source} has more than one column named {', '.join(map(_shown, twice))}. "
            "Rename all but one."
        )


def _shown(name: str) -> str:
    """A name as it may stand in a message: on one line, with what no terminal shows as escapes."""
    if name.isprintable():
        return name
    return name.encode("unicode_escape", "surrogateescape").decode("ascii", "backslashreplace")
