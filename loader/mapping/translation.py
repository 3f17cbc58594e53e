"""Translates a row as it is given into rows with the contract's own names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from loader.field_names import ALIASES, REQUIRED, FieldNames, Path, json_text, lookup
from loader.mapping.clock import Clock
from loader.mapping.places import PARENT, At, Constant, Place, first_value
from loader.mapping.properties import Merge, Part, Rest, shown
from loader.mapping.protocols.archive import ARCHIVES
from loader.refusals import RefusedError, Rejection, kind

FIELDS = tuple(name for name in ALIASES if name != "properties")


class Translation(Protocol):
    """One way of making rows of rows."""

    @property
    def clock(self) -> Clock:
        """How times are written."""
        ...

    def rows(
        self, row: dict[str, Any], source: str, notes: Counter[str], *, table: bool
    ) -> list[Mapping[str, Any]]:
        """The rows that one row stands for; RefusedError or JsonError where it cannot be told.

        ``source`` says whose ids they are, ``notes`` counts for the report, ``table`` is for
        tables, in which an empty value is none.
        """
        ...

    def read(self) -> set[str] | None:
        """The top-level keys that something is taken from; None for all."""
        ...

    def all_paths(self) -> Mapping[str, tuple[Path, ...]]:
        """All paths from which each field may be taken."""
        ...

    def without_keys(self, name: str, label: str) -> str | None:
        """Where a field is taken from otherwise than by a key; ``label`` names the mapping."""
        ...

    def missing(self, present: set[str], explicit: frozenset[str]) -> list[str]:
        """Fields that a table with these columns cannot have: required or ``explicit`` ones."""
        ...

    def absent(self, row: Mapping[str, Any], fields: Iterable[str]) -> set[str]:
        """Those of ``fields`` for which a row has none of the keys."""
        ...


@dataclass(frozen=True)
class Fields:
    """Each field from its places, and properties from their parts.

    ``rows`` is where a row holds several events: each is translated by itself, and finds the row
    under the key ``..``.
    """

    places: Mapping[str, tuple[Place, ...]]
    parts: tuple[Part, ...] = ()
    rest: Rest | None = None
    clock: Clock = field(default_factory=Clock)
    rows_at: Path | None = None

    @classmethod
    def of_names(cls, names: FieldNames, clock: Clock) -> Fields:
        """The same as plain names, with times as the clock reads them."""
        places = {name: tuple(At(path) for path in names.paths[name]) for name in FIELDS}
        if names.rest_is_properties:
            return cls(places, rest=Rest(), clock=clock)
        found = names.paths["properties"]
        return cls(places, (Merge(found),) if found else (), clock=clock)

    def rows(
        self, row: dict[str, Any], source: str, notes: Counter[str], *, table: bool
    ) -> list[Mapping[str, Any]]:
        """The rows that one row stands for."""
        del source
        if self.rows_at is None:
            return [self._row(row, notes, table=table)]
        events = lookup(row, self.rows_at)
        if isinstance(events, str):
            events = json_text(events)
        if events is None:
            return []
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            detail = f"{shown(self.rows_at)} must be an array of objects, not {kind(events)}"
            raise RefusedError("not_an_object", detail)
        return [self._row({**event, PARENT: row}, notes, table=table) for event in events]

    def _row(self, row: dict[str, Any], notes: Counter[str], *, table: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        taken: set[str] = set()
        for name, places in self.places.items():
            value, place = first_value(places, row)
            found[name] = value
            if isinstance(place, At) and len(place.path) == 1:
                taken.add(place.path[0])
        if not self.clock.is_plain:
            found["event_time"] = self.clock.text(found["event_time"], notes)
        properties: dict[str, Any] = {}
        for part in self.parts:
            part.add(row, properties, notes)
        if self.rest is not None:
            taken |= {path[0] for part in self.parts for path in part.paths()}
            taken |= {key for key in self._plain_keys() if row.get(key) in (None, "")}
            self.rest.add_left(row, properties, taken, keep_empty=not table)
        found["properties"] = properties
        return found

    def _plain_keys(self) -> set[str]:
        return {
            path[0]
            for places in self.places.values()
            for place in places
            for path in place.paths()
            if len(path) == 1
        }

    def paths(self, name: str) -> tuple[Path, ...]:
        """All paths that are looked at for a field."""
        if name == "properties":
            return tuple(path for part in self.parts for path in part.paths())
        return tuple(path for place in self.places[name] for path in place.paths())

    def all_paths(self) -> Mapping[str, tuple[Path, ...]]:
        """All paths from which each field may be taken, within a row as it is given."""
        found = {name: self.paths(name) for name in ALIASES}
        if self.rows_at is None:
            return found
        # Positions in the array are many, so what is within it counts as one.
        inside = (self.rows_at,)
        return {
            name: tuple(path[1:] for path in paths if path[0] == PARENT and len(path) > 1)
            + (inside if any(path[0] != PARENT for path in paths) else ())
            for name, paths in found.items()
        }

    def without_keys(self, name: str, label: str) -> str | None:
        """The constant text that there is for a field, if any."""
        del label
        found = self.places.get(name, ())
        constants = [place.text for place in found if isinstance(place, Constant)]
        return f"the text '{constants[0]}'" if constants else None

    def read(self) -> set[str] | None:
        """The top-level keys that something is taken from."""
        if self.rest is not None and self.rows_at is None:
            return None
        found = {path for name in ALIASES for path in self.paths(name)}
        if self.rows_at is None:
            return {path[0] for path in found}
        above = {path[1] for path in found if path[0] == PARENT and len(path) > 1}
        return above | {self.rows_at[0]}

    def missing(self, present: set[str], explicit: frozenset[str]) -> list[str]:
        """Fields that a table with these columns cannot have."""
        if self.rows_at is not None:
            return [] if self.rows_at[0] in present else ["rows"]
        return [
            name
            for name in ALIASES
            if (name in REQUIRED or (name in explicit and self.paths(name)))
            and not self._always(name)
            and not any(path[0] in present for path in self.paths(name))
        ]

    def absent(self, row: Mapping[str, Any], fields: Iterable[str]) -> set[str]:
        """Those of ``fields`` for which a row has none of the keys."""
        events: Any = [row]
        if self.rows_at is not None:
            events = lookup(row, self.rows_at)
            events = [{**event, PARENT: row} for event in events] if events else []
        return {
            name
            for name in fields
            if (paths := self.paths(name))
            and not self._always(name)
            and not any(has(event, path) for path in paths for event in events)
        }

    def _always(self, name: str) -> bool:
        if name == "properties":
            return self.rest is not None
        return any(isinstance(place, Constant) for place in self.places[name])


@dataclass(frozen=True)
class Archive:
    """Messages of a protocol, as the collector would take them; see `ARCHIVES`."""

    protocol: str
    clock: Clock = field(default_factory=Clock)

    def rows(
        self, row: dict[str, Any], source: str, notes: Counter[str], *, table: bool
    ) -> list[Mapping[str, Any]]:
        """The row of one message."""
        del table
        made = ARCHIVES[self.protocol].row(row, source, self.clock, notes)
        if isinstance(made, Rejection):
            raise RefusedError(made.reason, made.detail)
        return [made]

    def all_paths(self) -> Mapping[str, tuple[Path, ...]]:
        """All keys, for each field: a protocol says itself where they are."""
        keys = tuple((key,) for key in sorted(ARCHIVES[self.protocol].read))
        return {**dict.fromkeys(ALIASES, ()), "properties": keys}

    def without_keys(self, name: str, label: str) -> str | None:
        """The message as a whole, since its kind decides."""
        del name
        return f"the message, by {label}"

    def read(self) -> set[str] | None:
        """The keys of a message that something is taken from."""
        return set(ARCHIVES[self.protocol].read)

    def missing(self, present: set[str], explicit: frozenset[str]) -> list[str]:
        """What every message has."""
        del explicit
        return [key for key in ARCHIVES[self.protocol].needed if key not in present]

    def absent(self, row: Mapping[str, Any], fields: Iterable[str]) -> set[str]:
        """Nothing can be named wrongly."""
        del row, fields
        return set()


def has(row: Mapping[str, Any], path: Path) -> bool:
    """Whether there is such a key, even if its value is null."""
    above = lookup(row, path[:-1]) if len(path) > 1 else row
    if isinstance(above, str):
        above = json_text(above)
    if isinstance(above, Mapping):
        return path[-1] in above
    return isinstance(above, list) and path[-1].isdecimal() and int(path[-1]) < len(above)
