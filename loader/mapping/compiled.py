"""Translations as SQL, for the rows that are plain enough; see `loader.translated_lane`.

For a row that serves as a sample, `compiled` writes down what rows look like that have the same
keys in the same order, and expressions that make of them what the translation would. Where it
cannot, or a row is not plain, the translation itself is asked. In the expressions ``§`` stands for
the struct of a row's members that `Compiled.spec` names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loader.field_names import Path
from loader.lane_patterns import OBJECT, SPACE, VALUE
from loader.mapping.clock import ISO
from loader.mapping.expressions import entries, filled, inner, named, quoted
from loader.mapping.places import At, Constant, Place
from loader.mapping.properties import Keys, Merge
from loader.mapping.protocols import ORIGINAL_TIME
from loader.mapping.translation import Archive, Fields, Translation
from loader.times import EPOCH_UNITS

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$. -]*")
_MAX_KEYS = 64
_MAX_DEPTH = 6
_SEGMENT_KINDS = ("track", "page", "screen", "alias")


class _NotPlainError(Exception):
    """A row that no expression is written for."""


@dataclass(frozen=True)
class Compiled:
    """Rows of one shape.

    ``pattern`` is a regular expression of RE2, ``spec`` what `from_json` shall read. The fields are
    SQL for JSON texts or null, ``pieces`` for the members of the properties, or null. Of ``open``
    objects the keys have to differ; ``conditions`` have to hold. ``nested``: properties hold
    objects, so no id can be derived. ``text_ids``: whether ids may be other than UUIDs.
    """

    keys: tuple[str, ...]
    pattern: str
    spec: str
    event_id: str
    event_name: str
    event_time: str
    user_id: str
    pieces: tuple[str, ...]
    open: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    nested: bool = False
    text_ids: bool = True


def can_compile(translation: Translation) -> bool:
    """Whether there are rows that a translation can be written as SQL for."""
    clock = translation.clock
    if not all(name == ISO or name in EPOCH_UNITS for name in clock.formats):
        return False
    if clock.zone not in (None, "UTC"):
        return False
    if isinstance(translation, Archive):
        return True
    return (
        isinstance(translation, Fields)
        and translation.rows_at is None
        and translation.rest is None
        and all(isinstance(part, Merge | Keys) for part in translation.parts)
        and all(
            isinstance(place, Constant) or (isinstance(place, At) and not place.where)
            for places in translation.places.values()
            for place in places
        )
    )


def compiled(translation: Translation, row: Mapping[str, Any]) -> Compiled | None:
    """The shape of a row; None where it is not plain."""
    try:
        if isinstance(translation, Fields):
            return _fields(translation, row)
        if isinstance(translation, Archive):
            make = _segment if translation.protocol == "segment" else _posthog
            return make(row)
    except _NotPlainError:
        pass
    return None


@dataclass
class _Shape:
    """A sample row, of which the members under ``open_keys`` are objects with any keys."""

    row: Mapping[str, Any]
    open_keys: frozenset[str]
    needed: dict[str, None] = field(default_factory=dict)
    nested: bool = False

    def __post_init__(self) -> None:
        if len(self.row) > _MAX_KEYS or not all(map(_PLAIN_KEY.fullmatch, self.row)):
            raise _NotPlainError
        # DuckDB's structs know no case.
        if len({key.lower() for key in self.row}) < len(self.row):
            raise _NotPlainError

    def pattern(self) -> str:
        values = {
            key: f"(?:{OBJECT}|null)" if key in self.open_keys else _exactly(value, _MAX_DEPTH)
            for key, value in self.row.items()
        }
        return f"{SPACE}{_object(values)}{SPACE}"

    def spec(self) -> str:
        return json.dumps(dict.fromkeys(self.needed, "JSON"))

    def member(self, key: str) -> str | None:
        """SQL for the JSON of a member; None where there is none."""
        if key not in self.row:
            return None
        self.needed[key] = None
        self.nested |= isinstance(self.row[key], dict) and key not in self.open_keys
        return f'§."{key}"'

    def at(self, path: Path) -> str | None:
        """SQL for the JSON at a path; None where there is nothing."""
        member = self.member(path[0])
        if member is None or len(path) == 1:
            return member
        if len(path) > 2 or path[0] not in self.open_keys:
            raise _NotPlainError
        pointer = "/" + path[1].replace("~", "~0").replace("/", "~1")
        return f"json_extract({member}, {quoted(pointer)})"

    def first(self, paths: list[Path | str]) -> str:
        """SQL for the JSON text of the first that is filled; a text stands for itself."""
        found = [
            quoted(json.dumps(path, ensure_ascii=False)) if isinstance(path, str) else filled(sql)
            for path in paths
            if (sql := "" if isinstance(path, str) else self.at(path)) is not None
        ]
        return f"coalesce({', '.join(found)})" if found else "null::varchar"


def _exactly(value: Any, depth: int) -> str:
    """What values look like that have the same keys as this one."""
    if depth == 0:
        raise _NotPlainError
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        raise _NotPlainError
    if not isinstance(value, dict):
        return VALUE
    if len(value) > _MAX_KEYS or not all(map(_PLAIN_KEY.fullmatch, value)):
        raise _NotPlainError
    return _object({key: _exactly(item, depth - 1) for key, item in value.items()})


def _object(values: Mapping[str, str]) -> str:
    pairs = f"{SPACE},{SPACE}".join(
        f"{re.escape(json.dumps(key))}{SPACE}:{SPACE}{value}" for key, value in values.items()
    )
    return rf"\{{{SPACE}{pairs}{SPACE}\}}"


def _place(place: Place) -> Path | str:
    if isinstance(place, Constant):
        return place.text
    if isinstance(place, At) and not place.where:
        return place.path
    raise _NotPlainError


def _fields(translation: Fields, row: Mapping[str, Any]) -> Compiled:
    merges = [path for part in translation.parts if isinstance(part, Merge) for path in part.places]
    if any(len(path) > 1 for path in merges):
        raise _NotPlainError
    paths = [path for name in translation.places for path in translation.paths(name)]
    paths += translation.paths("properties")
    within = {path[0] for path in paths if len(path) > 1}
    shape = _Shape(row, frozenset(within | {path[0] for path in merges}))
    fields = {
        name: shape.first([_place(place) for place in places])
        for name, places in translation.places.items()
    }
    shape.nested = False
    pieces: list[str] = []
    for part in translation.parts:
        if isinstance(part, Merge):
            found = shape.first(list(part.places))
            plain = not part.prefix and not part.without
            pieces.append(inner(found) if plain else entries(found, part.prefix, part.without))
        elif isinstance(part, Keys):
            for name, path in part.keys:
                sql = shape.at(path)
                if sql is not None:
                    pieces.append(named(part.prefix + name, filled(sql)))
    # Whose members all go into the properties, their keys are compared there.
    whole = {
        part.places[0][0]
        for part in translation.parts
        if isinstance(part, Merge) and len(part.places) == 1 and not part.without
    }
    opened = tuple(f'§."{key}"' for key in shape.needed if key in shape.open_keys - whole)
    return Compiled(
        tuple(row), shape.pattern(), shape.spec(), fields["event_id"], fields["event_name"],
        fields["event_time"], fields["user_id"], tuple(pieces), opened, nested=shape.nested,
    )  # fmt: skip


def _posthog(row: Mapping[str, Any]) -> Compiled:
    if "offset" in row:
        raise _NotPlainError
    shape = _Shape(row, frozenset({"properties"}))
    time = shape.first([("timestamp",)])
    user = shape.first([("distinct_id",), ("$distinct_id",), ("properties", "distinct_id")])
    fields = shape.first([("uuid",)]), shape.first([("event",)])
    shape.nested = False
    properties = shape.first([("properties",)])
    without = entries(properties, "", frozenset({"token"}))
    token = f"list_contains(json_keys({properties}), 'token')"
    pieces = [f"case when {token} then {without} else {inner(properties)} end"]
    for name in ("$set", "$set_once"):
        sql = shape.member(name)
        if sql is not None:
            pieces.append(named(name, f"nullif({sql}::varchar, 'null')"))
    pieces.append(named(ORIGINAL_TIME, f"coalesce({time}, 'null')"))
    conditions = (
        f"strlen({user}) <= 200",
        # A token that is no text is a property.
        f"coalesce(json_extract({properties}, '/token')::varchar, '\"') like '\"%'",
    )
    return Compiled(
        tuple(row), shape.pattern(), shape.spec(), *fields, time, user, tuple(pieces),
        (properties,), conditions, nested=shape.nested, text_ids=False,
    )  # fmt: skip


def _segment(row: Mapping[str, Any]) -> Compiled:
    kind = row.get("type")
    if kind not in _SEGMENT_KINDS:
        raise _NotPlainError
    shape = _Shape(row, frozenset({"properties"}))
    message_id = shape.first([("messageId",)])
    client_time = shape.first([("timestamp",), ("originalTimestamp",)])
    time = f"coalesce({client_time}, {shape.first([('receivedAt',)])})"
    anonymous = shape.first([("anonymousId",)])
    user = f"coalesce({shape.first([('userId',)])}, {anonymous})"
    name = shape.first([("event",)]) if kind == "track" else quoted(json.dumps(kind))
    shape.nested = False
    properties = shape.first([("properties",)])
    body = f"coalesce({properties}, '{{}}')"
    same = f"trim({anonymous}, '\"') = trim({user}, '\"')"
    pieces = [
        inner(body),
        f"case when not ({same}) then {named('$anonymous_id', anonymous)} end",
    ]
    kept = [("groupId", "$group_id"), ("previousId", "$previous_id")]
    if kind in ("page", "screen"):
        kept += [("category", "$category"), ("name", "$name")]
    pieces += [named(as_name, shape.first([(key,)])) for key, as_name in kept if key in row]
    for key in ("context", "integrations"):
        if isinstance(row.get(key), dict) and row[key]:
            pieces.append(named(f"${key}", f"{shape.member(key)}::varchar"))
    uuid = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    is_uuid = f"regexp_full_match(trim({message_id}, '\"'), '{uuid}')"
    as_text = f"concat('\"', trim({message_id}, '\"'), '\"')"
    pieces.append(
        f"case when {message_id} is not null and not {is_uuid} "
        f"then {named('$message_id', as_text)} end"
    )
    pieces.append(named(ORIGINAL_TIME, f"coalesce({client_time}, 'null')"))
    conditions = (
        f"""{shape.member("type")}::varchar = {quoted(json.dumps(kind))}""",
        f"not contains({body}, '\"$anonymous_id\"')",
    )
    return Compiled(
        tuple(row), shape.pattern(), shape.spec(), message_id, name, time, user, tuple(pieces),
        (), conditions, nested=shape.nested,
    )  # fmt: skip
