"""The list of views that have a reference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .history import History

Value = str | int | float | bool | date | datetime | None
Row = dict[str, Value]
RowFunction = Callable[[History], Iterator[Row]]


@dataclass(frozen=True)
class View:
    """One public view: the columns that identify a row, and the function that lists the rows."""

    grain: tuple[str, ...]
    rows: RowFunction


VIEWS: dict[str, View] = {}


def view(*grain: str) -> Callable[[RowFunction], RowFunction]:
    """Register the decorated function as the public view of the same name."""

    def register(function: RowFunction) -> RowFunction:
        VIEWS[function.__name__] = View(grain, function)
        return function

    return register


def ratio(part: int, whole: int) -> float | None:
    """`part / whole`; None where there is nothing to divide by."""
    return part / whole if whole else None
