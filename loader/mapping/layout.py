"""Reads a mapping's file, a preset or one of an app's own; docs/mapping.md describes the layout."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from loader.field_names import ALIASES, REQUIRED, Path, path_of
from loader.mapping.clock import ISO, Clock
from loader.mapping.mapping import Mapping, MappingError
from loader.mapping.places import All, At, Constant, Place, one_place
from loader.mapping.properties import Keys, KeyValues, Merge, Part, Rest, Zip
from loader.mapping.protocols.archive import ARCHIVES
from loader.mapping.translation import FIELDS, Archive, Fields, Translation

_KEYS = ("description", "docs", "notes", "read", "source", "protocol", "rows", "fields", "time")
_PART_KEYS = ("from", "keys", "key_values", "zip", "rest", "prefix", "without")


@dataclass(frozen=True)
class Layout:
    """What a mapping's file says; see docs/mapping.md."""

    places: MappingOf[str, tuple[Place, ...]]
    parts: tuple[Part, ...] | None
    rest: Rest | None
    explicit: frozenset[str]
    clock: Clock = field(default_factory=Clock)
    rows_at: Path | None = None
    protocol: str | None = None
    source: str | None = None
    reading: MappingOf[str, Any] = field(default_factory=dict)
    description: str = ""
    docs: str = ""
    notes: str = ""

    def translation(self, clock: Clock | None = None) -> Translation:
        """What it says, as something that translates rows; ``clock`` stands in for its own."""
        clock = clock or self.clock
        if self.protocol is not None:
            return Archive(self.protocol, clock)
        places = {
            name: self.places.get(name, tuple(At((alias,)) for alias in ALIASES[name]))
            for name in FIELDS
        }
        parts = self.parts
        if parts is None and self.rest is None:
            parts = (Merge(tuple((alias,) for alias in ALIASES["properties"])),)
        return Fields(places, parts or (), self.rest, clock, self.rows_at)

    def mapping(self, label: str, source: str) -> Mapping:
        """The mapping; ``label`` is what errors call it, ``source`` whose ids its rows have."""
        return Mapping(
            translation=self.translation(),
            source=self.source or source,
            explicit=self.explicit,
            reading=self.reading,
            label=label,
        )


class _Reader:
    """Reads one file; every error names it, the key and what to do."""

    def __init__(self, name: str) -> None:
        self._name = name

    def fail(self, key: str, problem: str) -> NoReturn:
        raise MappingError(f"{self._name}: {key}: {problem}")

    def layout(self, text: str) -> Layout:
        try:
            given = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark is not None else ""
            problem = getattr(error, "problem", None) or "it cannot be read"
            raise MappingError(f"{self._name}{where}: this is no YAML: {problem}.") from None
        if not isinstance(given, dict):
            raise MappingError(
                f"{self._name}: a mapping's file has keys such as fields: and time:; "
                "see loader presets NAME for an example."
            )
        self._known("", given, _KEYS)
        for key in ("description", "docs", "notes", "source"):
            if not isinstance(given.get(key, ""), str):
                self.fail(key, "write a text.")
        protocol = self._protocol(given)
        source = given.get("source")
        if source is not None and (not source.strip() or "\n" in source):
            self.fail("source", "write a name in one line, or leave it out.")
        fields = self._mapping("fields", given.get("fields"))
        self._known("fields", fields, tuple(ALIASES))
        places = self._fields(fields)
        parts, rest = None, None
        if "properties" in fields:
            parts, rest = self._parts(fields["properties"])
        rows = given.get("rows")
        if rows is not None and (not isinstance(rows, str) or not rows):
            self.fail("rows", "name the key, or /pointer, of the array that holds the events.")
        reading = self._mapping("read", given.get("read"))
        return Layout(
            places=places,
            parts=parts,
            rest=rest,
            explicit=frozenset(fields),
            clock=self._clock(given.get("time")),
            rows_at=path_of(rows) if rows else None,
            protocol=protocol,
            source=source,
            reading=reading,
            **{key: given.get(key, "").strip() for key in ("description", "docs", "notes")},
        )

    def _protocol(self, given: MappingOf[str, Any]) -> str | None:
        protocol = given.get("protocol")
        if protocol is None:
            return None
        if protocol not in ARCHIVES:
            self.fail("protocol", f"{protocol!r} is none of {', '.join(ARCHIVES)}.")
        for key in ("fields", "rows"):
            if key in given:
                self.fail(key, "a protocol says itself where fields are: leave it out.")
        return str(protocol)

    def _fields(self, fields: MappingOf[str, Any]) -> dict[str, tuple[Place, ...]]:
        places = {
            name: self._places(f"fields: {name}", fields[name]) for name in FIELDS if name in fields
        }
        for name in REQUIRED:
            if name in places and not places[name]:
                self.fail(f"fields: {name}", "it is required, so name a key, a /pointer or 'text'.")
        return places

    def _known(self, where: str, given: MappingOf[Any, Any], known: Sequence[str]) -> None:
        for key in given:
            if key not in known:
                alike = difflib.get_close_matches(str(key), known, n=1)
                advice = f"Is it {alike[0]}?" if alike else f"There are {', '.join(known)}."
                self.fail(
                    f"{where}: {key}" if where else str(key), f"there is no such key. {advice}"
                )

    def _mapping(self, key: str, given: Any) -> dict[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.fail(key, "write keys and values below it.")
        return given

    def _clock(self, given: Any) -> Clock:
        time = self._mapping("time", given)
        self._known("time", time, ("format", "zone"))
        formats = time.get("format", ISO)
        formats = [formats] if isinstance(formats, str) else formats
        if not isinstance(formats, list) or not all(isinstance(name, str) for name in formats):
            self.fail("time: format", "write one format, or a list of them.")
        zone = time.get("zone")
        if zone is not None and not isinstance(zone, str):
            self.fail("time: zone", "write a name, such as Europe/Berlin.")
        try:
            return Clock(tuple(formats), zone)
        except ValueError as error:
            return self.fail("time", f"{error}.")

    def _places(self, key: str, given: Any) -> tuple[Place, ...]:
        """The places of a field, in their order; none for null or the empty text: nowhere."""
        if given is None or given == "":
            return ()
        listed = given if isinstance(given, list) else [given]
        return tuple(self._place(key, one) for one in listed)

    def _place(self, key: str, given: Any) -> Place:
        if isinstance(given, str) and given:
            return one_place(given)
        if isinstance(given, dict) and isinstance(given.get("value"), str) and len(given) == 1:
            return Constant(given["value"])
        if isinstance(given, dict) and isinstance(given.get("all"), list) and len(given) == 1:
            return All(tuple(self._place(key, one) for one in given["all"]))
        if isinstance(given, dict) and isinstance(given.get("from"), str):
            self._known(key, given, ("from", "when"))
            when = self._mapping(f"{key}: when", given.get("when"))
            if all(isinstance(text, str) for pair in when.items() for text in pair):
                conditions = tuple((path_of(path), text) for path, text in when.items())
                return At(path_of(given["from"]), conditions)
        return self.fail(
            key,
            "write a key, a /pointer, a 'text' in quotes, {value: text}, {all: [key, key]} or "
            "{from: key, when: {key: text}}, or a list of such.",
        )

    def _parts(self, given: Any) -> tuple[tuple[Part, ...], Rest | None]:
        if given is None or given == "":
            return (), None
        parts: list[Part] = []
        rest: Rest | None = None
        for number, one in enumerate(given if isinstance(given, list) else [given], 1):
            key = "fields: properties" if not isinstance(given, list) else (
                f"fields: properties: {number}"
            )  # fmt: skip
            part = self._part(key, one)
            if isinstance(part, Rest):
                rest = part
            else:
                parts.append(part)
        return tuple(parts), rest

    def _part(self, key: str, given: Any) -> Part | Rest:
        if given == "*":
            return Rest()
        if isinstance(given, str) and given:
            return Merge((path_of(given),))
        if not isinstance(given, dict):
            self.fail(key, "write a key, a /pointer, '*', or one of " + ", ".join(_PART_KEYS) + ".")
        self._known(key, given, _PART_KEYS)
        prefix = given.get("prefix", "")
        if not isinstance(prefix, str):
            self.fail(f"{key}: prefix", "write a text.")
        without = frozenset(self._texts(f"{key}: without", given.get("without", [])))
        kinds = [name for name in _PART_KEYS[:5] if name in given]
        if len(kinds) != 1:
            self.fail(key, "write exactly one of from, keys, key_values, zip and rest.")
        kind = kinds[0]
        if without and kind not in ("from", "rest"):
            self.fail(f"{key}: without", "it goes with from and rest only.")
        if kind == "rest":
            return Rest(prefix, without)
        paths = tuple(map(path_of, self._texts(f"{key}: {kind}", given[kind])))
        counts = {"key_values": 1, "zip": 2}
        if len(paths) != counts.get(kind, len(paths)):
            self.fail(f"{key}: {kind}", "zip takes two keys, key_values one.")
        made: dict[str, Callable[[], Part]] = {
            "from": lambda: Merge(paths, prefix, without),
            "keys": lambda: Keys(tuple((path[-1], path) for path in paths), prefix),
            "key_values": lambda: KeyValues(paths[0], prefix),
            "zip": lambda: Zip(paths[0], paths[1], prefix),
        }
        return made[kind]()

    def _texts(self, key: str, given: Any) -> list[str]:
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not all(isinstance(t, str) and t for t in listed):
            self.fail(key, "write a key or a /pointer, or a list of such.")
        return listed


def read_layout(text: str, name: str) -> Layout:
    """The layout in a file's text; MappingError, with the file's ``name``, for a faulty one."""
    return _Reader(name).layout(text)
