"""Places where a value of an event is found in a row: keys, pointers, and constant texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loader.field_names import Path, lookup, path_of
from loader.ids import whole
from loader.strict_json import canonical

#: The key under which a row that holds several events is found from each of them.
PARENT = ".."

_PIECE = re.compile(
    r"""\s*(?:'(?P<constant>(?:[^']|'')*)'|"(?P<name>(?:[^"]|"")*)"|(?P<bare>[^,'"][^,]*))\s*(?:,|$)"""
)


@dataclass(frozen=True)
class At:
    """A key or pointer; with ``where``, only in rows that have all these texts at their paths."""

    path: Path
    where: tuple[tuple[Path, str], ...] = ()

    def value(self, row: Mapping[str, Any]) -> Any:
        """What is there; None for nothing and for the empty text."""
        if any(lookup(row, path) != text for path, text in self.where):
            return None
        found = row.get(self.path[0]) if len(self.path) == 1 else lookup(row, self.path)
        return None if found == "" else found

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return (self.path, *(path for path, _ in self.where))


@dataclass(frozen=True)
class Constant:
    """The same text for each row."""

    text: str

    def value(self, row: Mapping[str, Any]) -> Any:
        """The text."""
        del row
        return self.text

    def paths(self) -> tuple[Path, ...]:
        """None are looked at."""
        return ()


@dataclass(frozen=True)
class All:
    """Several places that only together tell one event from another; for ids.

    The value is the JSON array of theirs, numbers as texts, as tables have them; None where all are
    missing.
    """

    places: tuple[Place, ...]

    def value(self, row: Mapping[str, Any]) -> Any:
        """The text of the array."""
        values = [whole(place.value(row), "event_id") for place in self.places]
        return None if all(value is None for value in values) else canonical(values)

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return tuple(path for place in self.places for path in place.paths())


Place = At | Constant | All


def first_value(places: tuple[Place, ...], row: Mapping[str, Any]) -> tuple[Any, Place | None]:
    """The value of the first place that has one, and that place."""
    for place in places:
        value = place.value(row)
        if value is not None:
            return value, place
    return None, None


def one_place(text: str) -> Place:
    """The place that a text names: a key, a /pointer, or a 'constant'; ValueError for none."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return Constant(text[1:-1].replace("''", "'"))
    if not text:
        raise ValueError("the empty text names no column")
    return At(path_of(text))


def places(text: str) -> tuple[Place, ...]:
    """The places of an option, divided by commas; names with commas stand in double quotes."""
    found: list[Place] = []
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise ValueError(f"{text[at:]!r} is no column, /pointer or 'text'")
        if match["constant"] is not None:
            found.append(Constant(match["constant"].replace("''", "'")))
        elif match["name"] is not None:
            found.append(At((match["name"].replace('""', '"'),)))
        else:
            found.append(At(path_of(match["bare"].strip())))
        at = match.end()
    if text.endswith(","):
        raise ValueError("a comma at the end names nothing")
    return tuple(found)
