"""Under which names the fields of an event are found in a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from loader import strict_json

#: Names of each field, the first one first.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "event_id": ("event_id", "id", "uuid", "messageId"),
    "event_name": ("event_name", "event", "name"),
    "event_time": ("event_time", "timestamp", "time"),
    "user_id": ("user_id", "userId", "distinct_id"),
    "properties": ("properties",),
}
REQUIRED = ("event_name", "event_time", "user_id")
_MAX_DEPTH = 63
#: Instead of names: everything else.
REST = "*"

#: Where to look: keys and positions, from the outside to the inside.
Path = tuple[str, ...]


class Columns(Protocol):
    """What a reader of tables wants to know about the mapping."""

    def columns(self, present: Iterable[str]) -> list[str]:
        """Those of a table's columns ``present`` that events are made from, in their order."""
        ...

    def missing(self, present: Iterable[str]) -> list[str]:
        """Fields that a table with these columns lacks, though it has to have them."""
        ...


@dataclass(frozen=True)
class FieldNames:
    """Where each field is looked for: its aliases, or what ``mapping`` names instead.

    A mapping's value is a key; or, beginning with ``/``, a JSON pointer into nested values and
    into texts that hold JSON; or empty for "nowhere"; or, for properties, ``*``: everything that
    no other field was taken from. A tuple of paths stands for itself: the first that is there and
    neither null nor the empty text wins.
    """

    mapping: Mapping[str, str | tuple[Path, ...]] = field(default_factory=dict)
    paths: Mapping[str, tuple[Path, ...]] = field(init=False)
    rest_is_properties: bool = field(init=False)
    # The same as paths, but plain keys as texts, which are looked up in less time.
    _keys: Mapping[str, tuple[str | Path, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, where in self.mapping.items():
            if name not in ALIASES:
                raise ValueError(f"{name!r} is no field; fields are {', '.join(ALIASES)}")
            if not where and name in REQUIRED:
                raise ValueError(f"{name} is required, so it needs a column")
        paths: dict[str, tuple[Path, ...]] = {
            name: tuple((alias,) for alias in aliases) for name, aliases in ALIASES.items()
        }
        for name, where in self.mapping.items():
            if isinstance(where, tuple):
                paths[name] = where
            else:
                paths[name] = (path_of(where),) if where else ()
        rest = self.mapping.get("properties") == REST
        if rest:
            paths["properties"] = ()
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "rest_is_properties", rest)
        keys = {
            name: tuple(path[0] if len(path) == 1 else path for path in found)
            for name, found in paths.items()
        }
        object.__setattr__(self, "_keys", keys)

    def value(self, row: Mapping[str, Any], name: str) -> Any:
        """The field's value in ``row``; None where there is none, or an empty text."""
        for key in self._keys[name]:
            value = row.get(key) if isinstance(key, str) else lookup(row, key)
            if value is not None and value != "":
                return value
        return None

    def rest(self, row: Mapping[str, Any], *, keep_empty: bool) -> dict[str, Any]:
        """What no other field was taken from: the properties where they are ``*``.

        Empty names of other fields are left out, and with ``keep_empty`` off every empty value.
        """
        left = dict(row)
        for path in (path for paths in self.paths.values() for path in paths if len(path) == 1):
            if left.get(path[0], ...) in (None, ""):
                del left[path[0]]
        for paths in self.paths.values():
            taken = next((path[0] for path in paths if len(path) == 1 and path[0] in left), None)
            if taken is not None:
                del left[taken]
        if keep_empty:
            return left
        return {key: value for key, value in left.items() if value not in (None, "")}

    def columns(self, present: Iterable[str]) -> list[str]:
        """Those of a table's columns ``present`` that events are made from, in their order."""
        present = list(present)
        if self.rest_is_properties:
            return present
        wanted = {path[0] for paths in self.paths.values() for path in paths}
        return [column for column in present if column in wanted]

    def missing(self, present: Iterable[str]) -> list[str]:
        """Fields for which a table with these columns has none, though it has to.

        Those are the required ones, and those that the mapping names.
        """
        known = set(present)
        return [
            name
            for name, paths in self.paths.items()
            if (name in REQUIRED or (name in self.mapping and paths))
            and not any(path[0] in known for path in paths)
        ]

    def unread(self, keys: Iterable[str]) -> list[str]:
        """Those of a row's keys from which nothing is ever taken, in their order."""
        if self.rest_is_properties:
            return []
        read = {path[0] for paths in self.paths.values() for path in paths}
        return [key for key in keys if key not in read]


def path_of(where: str) -> Path:
    """The path that a key, or a JSON pointer, stands for."""
    if not where.startswith("/"):
        return (where,)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in where[1:].split("/"))


def lookup(row: Mapping[str, Any], path: Path) -> Any:
    """What is at ``path``, also inside texts that hold JSON; None where there is nothing."""
    value: Any = row
    for part in path:
        if isinstance(value, str):
            value = json_text(value)
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


@lru_cache(maxsize=16)
def json_text(text: str) -> Any:
    """The object or array that a text holds; None where it holds none that the contract takes.

    Several fields of a row are often in one text, so the last ones are remembered: do not change
    what is returned.
    """
    if text.lstrip(" \t\r\n")[:1] not in ("{", "["):
        return None
    try:
        return strict_json.parse(text, max_depth=_MAX_DEPTH)
    except strict_json.JsonError:
        return None
