"""What of a source's rows is read: where fields come from, and the keys that nothing reads.

Looked at are the columns of a table, the keys of all rows that the lane lets through, and of the
rows that go through the contract as many as cost nothing to speak of: all up to `_LOOKED_AT` in a
block, else as many of them, evenly spread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loader.field_names import Path, lookup
from loader.mapping import Mapping as FieldMapping

#: How many names of unread keys a report shows.
SHOWN = 20
DERIVED = "derived from the other four"
REST = "all other columns"
NOTHING = "nothing"

_LOOKED_AT = 1000
# Where keys are data, such as the ids of products, there is no end to them.
_MAX_NAMES = 1000
_MAX_NAME = 80


class FieldUse:
    """Gathers both over the rows of one source, with whatever names its fields have."""

    def __init__(self, names: FieldMapping) -> None:
        self._names = names
        self._paths = [path for paths in names.paths.values() for path in paths]
        self._pointers = any(len(path) > 1 for path in self._paths)
        self._seen: dict[str, None] = {}
        # Of fields whose names were chosen, all of these are meant to be looked at.
        self._read = {
            _spelled(path)
            for name, paths in names.paths.items()
            if name not in names.fallbacks
            for path in paths
        }
        self._sources: dict[str, dict[str, None]] = {name: {} for name in names.paths}

    def see_keys(self, keys: Sequence[str]) -> None:
        """Take note of a table's columns, or of the keys of rows that all have the same ones."""
        present = set(keys)
        for name, paths in self._names.paths.items():
            first = next((path for path in paths if path[0] in present), None)
            if first is not None:
                self._take(name, first)
        self._see(key for key in keys if not self._within(key))

    def see_rows(self, rows: Sequence[tuple[str, bool]]) -> None:
        """Take note of rows of JSON; of those that are no events (False) only whence fields come.

        Their other keys are not lost, as the row is kept as it came.
        """
        for text, is_event in rows[:: -(-len(rows) // _LOOKED_AT) or 1]:
            try:
                row = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if not isinstance(row, dict):
                continue
            for name, paths in self._names.paths.items():
                self._take_first(name, paths, row)
            if is_event:
                self._see(_beside(row, self._paths, ()) if self._pointers else row)

    def unread(self) -> list[str]:
        """The keys from which nothing was ever taken, nested ones as pointers, as they came."""
        if self._names.rest_is_properties:
            return []
        return [key for key in self._seen if key not in self._read]

    def sources(self) -> dict[str, list[str]]:
        """For each field the keys from which it was taken, or a word for where it comes from."""
        found = {name: list(keys) for name, keys in self._sources.items()}
        for name, keys in found.items():
            if (fixed := self._names.without_keys(name)) is not None:
                others = [key for key in keys if key != DERIVED]
                found[name] = [fixed] if self._names.is_protocol else [*others, fixed]
        found["event_id"] = found["event_id"] or [DERIVED]
        if self._names.rest_is_properties:
            found["properties"].append(REST)
        return {name: keys or [NOTHING] for name, keys in found.items()}

    def _take_first(self, name: str, paths: Iterable[Path], row: Mapping[str, Any]) -> None:
        """Every name up to the first with a value was looked at; those after it were not."""
        for path in paths:
            value = row.get(path[0]) if len(path) == 1 else lookup(row, path)
            if path[0] in row:
                self._read.add(_spelled(path))
            if value is not None and value != "":
                self._take(name, path)
                if name != "properties" or name in self._names.fallbacks:
                    return
        if name == "event_id":
            self._sources[name][DERIVED] = None

    def _take(self, name: str, path: Path) -> None:
        spelled = _spelled(path)
        self._sources[name][spelled] = None
        self._read.add(spelled)

    def _see(self, keys: Iterable[str]) -> None:
        if len(self._seen) < _MAX_NAMES:
            self._seen.update(dict.fromkeys(keys))

    def _within(self, key: str) -> bool:
        """Whether a pointer leads into what is under this key."""
        return any(len(path) > 1 and path[0] == key for path in self._paths)


def shown(keys: Sequence[str]) -> tuple[list[str], int]:
    """The first of these names, each of a bearable length, and how many there are beyond."""
    first = [key if len(key) <= _MAX_NAME else f"{key[:_MAX_NAME]}…" for key in keys[:SHOWN]]
    return first, len(keys) - len(first)


def _beside(value: Mapping[str, Any], paths: list[Path], above: Path) -> Iterator[str]:
    """The keys of a row, and of objects into which a pointer leads those beside its way."""
    for key, inner in value.items():
        onward = [path[1:] for path in paths if path[0] == key]
        if not any(onward) or () in onward or not isinstance(inner, dict):
            yield _spelled((*above, key))
        else:
            yield from _beside(inner, onward, (*above, key))


def _spelled(path: Path) -> str:
    """A key as it is, what is nested as a JSON pointer."""
    if len(path) == 1:
        return path[0]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
