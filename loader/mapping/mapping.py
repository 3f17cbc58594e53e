"""How the rows of a source become events: where fields are, how times are written, whose ids."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from loader import strict_json
from loader.contract import DEFAULT_SOURCE, MAX_DEPTH
from loader.errors import LoaderError
from loader.field_names import ALIASES, FieldNames, Path
from loader.mapping.clock import Clock
from loader.mapping.translation import Archive, Fields, Translation

# More rows than this are not looked through for a key that none has.
_LOOKED_AT = 100_000
_PLAIN = Clock()


class MappingError(ValueError):
    """A mapping that cannot be used: the message says where, what is wrong and what to do."""


@dataclass(frozen=True)
class Mapping:
    """Settings of a mapping.

    Attributes:
        names: Where the contract finds the fields, if there is no translation.
        translation: What makes the contract's rows of the rows given; None where names do.
        source: Whose ids those are that are no UUIDs.
        explicit: The fields that a person has named keys for, which some row must have.
        reading: Defaults of the options on how files are read, by their names.
        label: Which option or file to correct.
    """

    names: FieldNames = field(default_factory=FieldNames)
    translation: Translation | None = None
    source: str = DEFAULT_SOURCE
    explicit: frozenset[str] = frozenset()
    reading: MappingOf[str, Any] = field(default_factory=dict)
    label: str = "--map"

    @property
    def paths(self) -> MappingOf[str, tuple[Path, ...]]:
        """All paths from which each field may be taken."""
        return self.names.paths if self.translation is None else self.translation.all_paths()

    @property
    def is_protocol(self) -> bool:
        """Whether a protocol says where all fields are."""
        return isinstance(self.translation, Archive)

    @property
    def fallbacks(self) -> frozenset[str]:
        """Fields with their usual names, of which a later one may only happen to be there."""
        return frozenset(
            name
            for name, paths in self.paths.items()
            if paths == tuple((alias,) for alias in ALIASES[name])
        )

    @property
    def keeping(self) -> str:
        """What would keep the keys that nothing reads; empty where nothing can."""
        if self.is_protocol:
            return ""
        if self.label == Mapping.label:
            return "--map 'properties=*' keeps them"
        return 'rest: "*" among the properties of the mapping keeps them'

    @property
    def rest_is_properties(self) -> bool:
        """Whether everything that no other field is taken from ends up in the properties."""
        if self.translation is None:
            return self.names.rest_is_properties
        return self.translation.read() is None

    def kept(self, row: str) -> str:
        """The text of a table's row that is rejected, to be mended and sent again as JSON.

        Columns that are empty are no properties, and would be some in a row of JSON; those that a
        field may be read from stay, as they may be what is to be mended.
        """
        if not self.rest_is_properties:
            return row
        try:
            given = json.loads(row)
        except (ValueError, RecursionError):
            return row
        named = {path[0] for paths in self.paths.values() for path in paths}
        if not isinstance(given, dict) or not any(
            value in (None, "") and key not in named for key, value in given.items()
        ):
            return row
        left = {
            key: value for key, value in given.items() if key in named or value not in (None, "")
        }
        return json.dumps(left, ensure_ascii=False, separators=(",", ":"))

    def columns(self, present: Iterable[str]) -> list[str]:
        """Those of a table's columns ``present`` that events are made from, in their order."""
        if self.translation is None:
            return self.names.columns(present)
        read = self.translation.read()
        return [column for column in present if read is None or column in read]

    def missing(self, present: Iterable[str]) -> list[str]:
        """Fields that a table with these columns lacks, though it has to have them."""
        if self.translation is None:
            return self.names.missing(present)
        return self.translation.missing(set(present), self.explicit)

    def without_keys(self, name: str) -> str | None:
        """Where a field is taken from otherwise than by a key, for people; None if nowhere."""
        if self.translation is None:
            return None
        return self.translation.without_keys(name, self.label)

    def unread(self, keys: Iterable[str]) -> list[str]:
        """Those of a table's columns, or of a row's top-level keys, that nothing reads."""
        if self.translation is None:
            return self.names.unread(keys)
        read = self.translation.read()
        return [] if read is None else [key for key in keys if key not in read]

    def translate(
        self, row: dict[str, Any], notes: Counter[str], *, table: bool = False
    ) -> list[MappingOf[str, Any]]:
        """The rows, under the contract's own names, that a row of JSON values stands for.

        ``notes`` counts what the report shall say; ``table`` is for tables, in which an empty
        value is none. Raises RefusedError or JsonError for a row that cannot be told.
        """
        if self.translation is None:
            return [row]
        return self.translation.rows(row, self.source, notes, table=table)

    def check_rows(self, text: str, source: str) -> None:
        """Raise LoaderError where a key that was named is in none of these rows of JSON.

        ``text`` holds one row on each line: the first ones of ``source``.
        """
        if not self.explicit:
            return
        translation = self.translation or Fields.of_names(self.names, _PLAIN)
        absent = set(self.explicit)
        seen: Counter[str] = Counter()
        for line in islice(text.split("\n"), _LOOKED_AT):
            try:
                row = strict_json.parse(line.removesuffix("\r"), max_depth=MAX_DEPTH)
            except strict_json.JsonError:
                continue
            if isinstance(row, dict):
                seen.update(row.keys())
                absent = translation.absent(row, absent)
                if not absent:
                    return
        if seen:
            name = min(absent)
            keys = ", ".join(key for key, _ in seen.most_common(20))
            raise LoaderError(
                f"{source}: no row has what {self.label} names for {', '.join(sorted(absent))}. "
                f"Its keys are {keys}. Correct it, for instance --map {name}=KEY, or --map "
                f"{name}=/KEY/WITHIN for a value inside another."
            )
