"""What an event's properties are put together from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loader import strict_json
from loader.field_names import Path, json_text, lookup
from loader.mapping.places import PARENT
from loader.refusals import RefusedError, kind
from loader.strict_json import JsonError

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_EMPTY = (None, "")
_MAX_DEPTH = 63
#: What the report counts: numbers that are none, and became null.
NOT_FINITE = "not_finite"


@dataclass(frozen=True)
class Merge:
    """The members of an object, or of a text that holds one, but for ``without``.

    Of several places the first that has something counts.
    """

    places: tuple[Path, ...]
    prefix: str = ""
    without: frozenset[str] = frozenset()

    def add(self, row: Mapping[str, Any], found: dict[str, Any], notes: Counter[str]) -> None:
        """Add the members that are not there yet."""
        for path in self.places:
            value = row.get(path[0]) if len(path) == 1 else lookup(row, path)
            if value is not None and value != "":
                break
        else:
            return
        if isinstance(value, str):
            value = _parsed(value, path, notes)
        if value is None:
            return
        if not isinstance(value, dict):
            detail = f"{shown(path)} must be a JSON object, not {kind(value)}"
            raise RefusedError("properties_not_an_object", detail)
        if not found and not self.prefix and not self.without:
            found.update(value)
            return
        for key, member in value.items():
            if key not in self.without:
                found.setdefault(self.prefix + key, member)

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return self.places


@dataclass(frozen=True)
class Keys:
    """Some values by themselves, each under its name or the last part of its pointer."""

    keys: tuple[tuple[str, Path], ...]
    prefix: str = ""

    def add(self, row: Mapping[str, Any], found: dict[str, Any], notes: Counter[str]) -> None:
        """Add those that are there and neither null nor empty."""
        del notes
        for name, path in self.keys:
            value = lookup(row, path)
            if value not in _EMPTY:
                found.setdefault(self.prefix + name, value)

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return tuple(path for _, path in self.keys)


@dataclass(frozen=True)
class KeyValues:
    """An array of ``{key, value: {string_value, int_value, …}}``, as GA4 has it.

    Of a value that is an object, the first member that is not null is taken, and a whole number
    that BigQuery wrote as a text is a number again.
    """

    path: Path
    prefix: str = ""

    def add(self, row: Mapping[str, Any], found: dict[str, Any], notes: Counter[str]) -> None:
        """Add the keys that are not there yet."""
        del notes
        pairs = _list(lookup(row, self.path), self.path)
        for pair in pairs:
            key = pair.get("key") if isinstance(pair, dict) else None
            if not isinstance(key, str):
                detail = f"{shown(self.path)} must hold objects with a key"
                raise RefusedError("properties_not_an_object", detail)
            found.setdefault(self.prefix + key, _typed(pair.get("value")))

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return (self.path,)


@dataclass(frozen=True)
class Zip:
    """Two arrays, of keys and of their values."""

    keys: Path
    values: Path
    prefix: str = ""

    def add(self, row: Mapping[str, Any], found: dict[str, Any], notes: Counter[str]) -> None:
        """Add the keys that are not there yet."""
        del notes
        keys = _list(lookup(row, self.keys), self.keys)
        values = _list(lookup(row, self.values), self.values)
        if len(keys) != len(values) or not all(isinstance(key, str) for key in keys):
            detail = f"{shown(self.keys)} and {shown(self.values)} do not fit together"
            raise RefusedError("properties_not_an_object", detail)
        for key, value in zip(keys, values, strict=True):
            found.setdefault(self.prefix + key, value)

    def paths(self) -> tuple[Path, ...]:
        """All paths that are looked at."""
        return (self.keys, self.values)


@dataclass(frozen=True)
class Rest:
    """All keys of a row that nothing else was taken from, but for ``without``."""

    prefix: str = ""
    without: frozenset[str] = frozenset()

    def add_left(
        self, row: Mapping[str, Any], found: dict[str, Any], taken: set[str], *, keep_empty: bool
    ) -> None:
        """Add the keys that are not ``taken``; those without a value only with ``keep_empty``."""
        for key, value in row.items():
            if key in taken or key in self.without or key == PARENT:
                continue
            if keep_empty or value not in _EMPTY:
                found.setdefault(self.prefix + key, value)


Part = Merge | Keys | KeyValues | Zip


def shown(path: Path) -> str:
    """A path as options name it."""
    return path[0] if len(path) == 1 else "/" + "/".join(path)


def _parsed(text: str, path: Path, notes: Counter[str]) -> Any:
    try:
        value = strict_json.parse(text, max_depth=_MAX_DEPTH)
    except JsonError as error:
        raise JsonError(error.reason, f"{shown(path)}: {error.detail}") from None
    if strict_json.not_finite():
        notes[NOT_FINITE] += strict_json.not_finite()
    return value


def _list(value: Any, path: Path) -> list[Any]:
    if isinstance(value, str):
        value = json_text(value) if value else None
    if value is None:
        return []
    if not isinstance(value, list):
        detail = f"{shown(path)} must be a JSON array, not {kind(value)}"
        raise RefusedError("properties_not_an_object", detail)
    return value


def _typed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name, member in value.items():
        if member is None or not name.endswith("_value"):
            continue
        if name == "int_value" and isinstance(member, str) and _WHOLE.fullmatch(member):
            return int(member)
        return member
    return None
