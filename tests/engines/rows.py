"""The rows of a view in Python's own types, and in how many of them two engines differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

Value = str | int | float | bool | date | datetime | None

# By what a contract promises, what a driver may hand over. Anything else, such as a Decimal or a 1
# for true, is a difference: whoever reads the view with that driver gets it, too.
_TYPES: dict[str, type] = {
    "text": str,
    "bigint": int,
    "double precision": float,
    "boolean": bool,
    "date": date,
    "timestamp with time zone": datetime,
}

# How many differing rows of a view are shown.
MOST_SHOWN = 5


class ForeignValueError(Exception):
    """What a driver handed over is not what the contract of the view promises."""


#: Columns of a view in order, each with the type that its contract gives it.
Contract = Mapping[str, str]


def contracts(models: Path) -> dict[str, Contract]:
    """The contract of each public view, from the YAML files below `models/marts`."""
    found: dict[str, Contract] = {}
    for path in sorted((models / "marts").glob("**/*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            columns = model.get("columns", [])
            found[model["name"]] = {column["name"]: column["data_type"] for column in columns}
    return found


@dataclass(frozen=True)
class Rows:
    """What a view holds: its columns in order, and its rows in no particular order."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]

    @classmethod
    def of(
        cls, contract: Contract, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> Rows:
        """Take what a driver hands over; instants are then in UTC.

        Raises:
            ForeignValueError: Columns, their order or the type of a value are others than those of
                the contract, or an instant has no time zone.
        """
        if list(columns) != list(contract):
            raise ForeignValueError(
                f"columns {', '.join(columns)} in place of {', '.join(contract)}"
            )
        taken = []
        for row in rows:
            if len(row) != len(columns):
                raise ForeignValueError(f"{len(row)} values for {len(columns)} columns")
            taken.append(tuple(map(_plain, contract.items(), row)))
        return cls(tuple(columns), taken)


@dataclass
class Taken:
    """What an engine has made of a source.

    Attributes:
        rows: Of each view that could be read.
        refused: Of each of the others, why not.
        seconds: What appending, building and reading took.
    """

    rows: dict[str, Rows] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """A view on an engine, beside DuckDB.

    Attributes:
        compared: Rows of whichever of the two has more.
        differing: Of these, those that the other does not have.
        nearly: Rows that are the same but for the last binary digit of a double.
        shown: The first of the differing rows, for people.
    """

    compared: int
    differing: int
    nearly: int = 0
    shown: tuple[str, ...] = ()


def compare(expected: Rows, actual: Rows, grain: Sequence[str]) -> Comparison:
    """Compare the rows of two engines; a row that occurs twice differs from one that occurs once.

    Two doubles are the same if they are equal. Where all else in a row is, and a double is the next
    one that 64 bits can write, the row counts as `nearly` the same: an engine that interpolates a
    median in another order rounds once more, and nothing beyond that is let pass.

    Args:
        expected: What DuckDB has.
        actual: What the engine has.
        grain: The columns that identify a row, by which rows that differ are shown together.
    """
    ours, theirs = Counter(expected.rows), Counter(actual.rows)
    missing, further = list((ours - theirs).elements()), list((theirs - ours).elements())
    positions = [expected.columns.index(name) for name in grain]

    def key(row: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(row[at] for at in positions)

    by_key: dict[tuple[Value, ...], list[tuple[Value, ...]]] = {}
    for row in further:
        by_key.setdefault(key(row), []).append(row)
    unlike: list[tuple[Value, ...]] = []
    for row in missing:
        candidates = by_key.get(key(row), [])
        twin = next((other for other in candidates if _nearly_same(row, other)), None)
        if twin is None:
            unlike.append(row)
        else:
            candidates.remove(twin)
    left = [row for rows in by_key.values() for row in rows]
    lines = [("expected", row) for row in unlike] + [("has", row) for row in left]
    lines.sort(key=lambda line: repr(key(line[1])))
    return Comparison(
        compared=max(len(expected.rows), len(actual.rows)),
        differing=max(len(unlike), len(left)),
        nearly=len(missing) - len(unlike),
        shown=tuple(f"{said}: {_show(expected.columns, row)}" for said, row in lines[:MOST_SHOWN]),
    )


def _plain(column: tuple[str, str], value: object) -> Value:
    name, promised = column
    if value is None:
        return None
    # exactly: a bool is an int to Python, and an instant a date
    if type(value) is not _TYPES[promised]:
        raise ForeignValueError(
            f"{name} is {value!r}, a {type(value).__name__}, where the contract says {promised}"
        )
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ForeignValueError(f"{name} is {value!r}, an instant without a time zone")
        return value.astimezone(UTC)
    return value  # type: ignore[return-value]  # its type is one of these


def _nearly_same(row: Sequence[Value], other: Sequence[Value]) -> bool:
    return all(
        mine == theirs or _neighbours(mine, theirs) for mine, theirs in zip(row, other, strict=True)
    )


def _neighbours(one: Value, other: Value) -> bool:
    return (
        isinstance(one, float) and isinstance(other, float) and math.nextafter(one, other) == other
    )


def _show(columns: Sequence[str], row: Sequence[Value]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in zip(columns, row, strict=True))
