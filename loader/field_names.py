"""Under which names the fields of an event are found in a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Names of each field, the first one first.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "event_id": ("event_id", "id", "uuid", "messageId"),
    "event_name": ("event_name", "event", "name"),
    "event_time": ("event_time", "timestamp", "time"),
    "user_id": ("user_id", "userId", "distinct_id"),
    "properties": ("properties",),
}
REQUIRED = ("event_name", "event_time", "user_id")
_REST = "*"

Path = tuple[str, ...]


@dataclass(frozen=True)
class FieldNames:
    """Where each field is looked for: its aliases, or what ``mapping`` names instead.

    A mapping's value is a key; or, beginning with ``/``, a JSON pointer into nested values; or
    empty for "nowhere"; or, for properties, ``*``: everything that no other field was taken from.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, tuple[Path, ...]] = field(init=False)
    rest_is_properties: bool = field(init=False)
    # The same as paths, but plain keys as texts, which are looked up in less time.
    _keys: Mapping[str, tuple[str | Path, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, where in self.mapping.items():
            if name not in ALIASES:
                raise ValueError(f"{name!r} is no field; fields are {', '.join(ALIASES)}")
            if where == "" and name in REQUIRED:
                raise ValueError(f"{name} is required, so it needs a column")
        paths: dict[str, tuple[Path, ...]] = {
            name: tuple((alias,) for alias in aliases) for name, aliases in ALIASES.items()
        }
        for name, where in self.mapping.items():
            paths[name] = (_path(where),) if where else ()
        rest = self.mapping.get("properties") == _REST
        if rest:
            paths["properties"] = ()
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "rest_is_properties", rest)
        keys = {
            name: tuple(path[0] if len(path) == 1 else path for path in found)
            for name, found in paths.items()
        }
        object.__setattr__(self, "_keys", keys)

    def value(self, row: Mapping[str, Any], name: str, *, keep_empty: bool = False) -> Any:
        """The field's value in ``row``; None where there is none.

        The empty text counts as none, unless ``keep_empty``.
        """
        for key in self._keys[name]:
            value = row.get(key) if isinstance(key, str) else _lookup(row, key)
            if value is not None and (keep_empty or value != ""):
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
        """Required fields for which a table with these columns has none."""
        known = set(present)
        return [name for name in REQUIRED if not any(path[0] in known for path in self.paths[name])]


def _path(where: str) -> Path:
    if not where.startswith("/"):
        return (where,)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in where[1:].split("/"))


def _lookup(row: Mapping[str, Any], path: Path) -> Any:
    value: Any = row
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
