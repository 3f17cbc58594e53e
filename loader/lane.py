"""The fast lane: DuckDB passes rows that are plainly ordinary events, many at a time.

The lane decides nothing that the contract would not: it lets a row through only if the row
matches a regular expression that is much narrower than `loader.contract`, and then makes exactly
the event that the contract would make. Every other row is left over for the contract. Tests hold
the two to the same result.

Ordinary is: the keys that an earlier row of the file had, in the same order; a hyphenated UUID; a
plain time with an offset; names without escapes; properties without nested objects, whose numbers
need no rewriting and whose keys differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from loader.contract import ID_NAMESPACE, MAX_TEXT, Contract, time_text
from loader.field_names import REQUIRED
from loader.lane_patterns import OBJECT, SPACE, STRING, VALUE, VALUES
from loader.readers import Block

#: A row that the lane did not let through: its line and its text.
Leftover = tuple[int, str]

_MAX_SHAPES = 4
_MAX_KEYS = 64
_SAMPLES = 200
_MAX_KEY_LISTS = 64
_BLANK = " \t\r"

# The contract's UUIDv5 over the event's content: properties with sorted keys, and names that need
# no escapes here.
_SORTED_PROPERTIES = """
    '{' || array_to_string(
        list_transform(
            list_sort(map_entries(from_json(properties, '"MAP(VARCHAR, JSON)"'))),
            lambda entry: concat(to_json(entry.key), ':', coalesce(entry.value, 'null'))
        ),
        ','
    ) || '}'
"""
_DIGEST = f"""
    sha1(unhex('{ID_NAMESPACE.hex}') || encode(concat(
        '["', event_name, '","', strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ'), '","', user_id, '",',
        {_SORTED_PROPERTIES}, ']'
    )))
"""
#: SQL that makes a UUID of version 5 of ``digest``, a SHA-1 in hexadecimal.
AS_UUID_5 = """
    concat(
        digest[1:8], '-', digest[9:12], '-5', digest[14:16], '-',
        translate(digest[17], '0123456789abcdef', '89ab89ab89ab89ab'), digest[18:20], '-',
        digest[21:32]
    )
"""
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$. -]*")


@dataclass(frozen=True)
class _Shape:
    """Rows with these keys in this order; ``taken`` maps fields to the keys they come from."""

    keys: tuple[str, ...]
    taken: dict[str, str]


def not_blank(left: Iterable[Leftover]) -> list[Leftover]:
    """Without the blank lines, which are no rows."""
    return [(line, row) for line, row in left if row.strip(_BLANK)]


@dataclass(frozen=True)
class Query:
    """A select over the lines of a block, in DuckDB's SQL.

    Columns: ``line``; and either ``event_id`` (text), ``event_name``, ``event_time`` (text),
    ``moment`` (the same as timestamptz), ``user_id`` and ``properties``, the event that the
    contract would make, or else ``row``, the text of a row that is left over or of a blank line.
    ``lines`` are the first and the last line of the block. The session's time zone must be UTC.
    """

    sql: str
    parameters: list[Any]
    lines: tuple[int, int]


class Lane:
    """Checks blocks of rows by one contract.

    May be used from several threads. It learns from the rows that are left over which shapes
    there are; that changes how fast rows go, never what comes of them.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._names = contract.names
        self._shapes: list[_Shape] = []
        # Lists of properties' keys that occur, one key in each line, and that are known to differ.
        self._key_lists: list[str] = []

    def query(self, block: Block) -> Query:
        """The query that checks a block's rows; the block must have some."""
        shapes = self._shapes or self._learn(block.text)
        statement = self._statement(shapes, block)
        return Query(statement, self._parameters(block), (block.lines[0], block.lines[-1]))

    def learn(self, block: Block, left: Sequence[Leftover]) -> None:
        """Look for more shapes, if the lane let less than half of a block's rows through."""
        if len(left) > len(block.lines) // 2:
            self._learn("\n".join(row for _, row in left))

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The keys of the rows that the lane let through: one list for each shape of row."""
        return [shape.keys for shape in self._shapes]

    def _learn(self, text: str) -> list[_Shape]:
        """Add the shapes of some of the rows in ``text``."""
        rows = text.split("\n")
        shapes = list(self._shapes)
        for row in rows[:: max(1, len(rows) // _SAMPLES)]:
            shape = self._shape(row)
            if shape is None:
                continue
            if shape not in shapes and len(shapes) < _MAX_SHAPES:
                shapes.append(shape)
            self._learn_keys(json.loads(row).get(shape.taken.get("properties", "")))
        self._shapes = shapes
        return shapes

    def _learn_keys(self, properties: Any) -> None:
        if isinstance(properties, dict) and all(map(_PLAIN_KEY.fullmatch, properties)):
            keys = "\n".join(properties)
            if keys not in self._key_lists and len(self._key_lists) < _MAX_KEY_LISTS:
                self._key_lists = [*self._key_lists, keys]

    def _different_keys(self, properties: str = "properties") -> str:
        """SQL: whether the keys of an object differ; the dear way only where it is not known."""
        known = ", ".join(map(_quoted, self._key_lists)) or "''"
        return f"""
            case
                when list_contains([{known}], array_to_string(json_keys({properties}), chr(10)))
                    then true
                else list_unique(json_keys({properties})) = len(json_keys({properties}))
            end
        """

    def _shape(self, row: str) -> _Shape | None:
        """The shape of a row that the lane could let through; None for others."""
        keys = self._keys(row)
        taken: dict[str, str] = {}
        for field, paths in self._names.paths.items():
            key = next((path[0] for path in paths if path[0] in keys), None)
            if key is None:
                continue
            if any(len(path) > 1 for path in paths) or key in taken.values():
                return None
            taken[field] = key
        # With two keys for one of these, a null in the first would make the second count.
        for field in ("event_id", "properties"):
            if sum(path[0] in keys for path in self._names.paths[field]) > 1:
                return None
        if not taken.keys() >= set(REQUIRED):
            return None
        return _Shape(keys, taken)

    def _keys(self, row: str) -> tuple[str, ...]:
        """The keys of a row; none where they are not plain enough for a pattern."""
        if len(row) > self._contract.max_bytes or self._names.rest_is_properties:
            return ()
        try:
            value = json.loads(row)
        except (ValueError, RecursionError):
            return ()
        if not isinstance(value, dict) or len(value) > _MAX_KEYS:
            return ()
        return tuple(value) if all(map(_PLAIN_KEY.fullmatch, value)) else ()

    def _statement(self, shapes: list[_Shape], block: Block) -> str:
        matches = " ".join(
            f"when regexp_full_match(row, {_quoted(self._pattern(shape))}) then {number}"
            for number, shape in enumerate(shapes)
        )
        shape_number = f"case when strlen(row) > {self._contract.max_bytes} then null {matches} end"
        parsed = "".join(
            f", case when shape = {number} then from_json(row, {_quoted(self._spec(shape))}) end "
            f"as fields_{number}"
            for number, shape in enumerate(shapes)
        )
        if self._contract.text_properties:
            given = _choice(shapes, "properties", "varchar")
            properties = (
                f"case when coalesce({given}, '') = '' then json '{{}}' "
                f"when regexp_full_match({given}, {_quoted(OBJECT)}) then json({given}) end"
            )
        else:
            properties = f"coalesce({_choice(shapes, 'properties', 'json')}, json '{{}}')"
        return f"""
            with {self._numbered(block)}, shaped as (
                select line, row, {shape_number} as shape from numbered
            ), parsed as (
                select line, row, shape{parsed} from shaped
            ), fields as (
                select
                    line,
                    row,
                    shape,
                    nullif({_choice(shapes, "event_id")}, '') as event_id,
                    {_choice(shapes, "event_name")} as event_name,
                    {_choice(shapes, "event_time")} as event_time,
                    {_choice(shapes, "user_id")} as user_id,
                    case when shape is not null then {properties} end as properties
                from parsed
            ), {self._judged()}
        """

    @staticmethod
    def _numbered(block: Block) -> str:
        """SQL: each row with its line."""
        # Through the zero, n, no part of this is constant: DuckDB would evaluate a constant list
        # while it plans, value by value, at three times the cost.
        lines = "range($2, $3 + n)" if _contiguous(block.lines) else "$2::bigint[]"
        return f"""numbered as (
                select
                    unnest({lines}) as line,
                    unnest(string_split($1, chr((10 + n)::integer))) as row
                from range(1) as zero(n)
            )"""

    def _judged(self) -> str:
        """SQL from ``fields`` on: the events, and the rows that are left over."""
        earliest, latest = (
            f"timestamptz '{time_text(bound)}'"
            for bound in (self._contract.earliest, self._contract.latest)
        )
        return f"""timed as (
                select *, try_cast(event_time as timestamptz) as moment from fields
            ), judged as (
                select
                    *,
                    coalesce(
                        strlen(event_name) <= {MAX_TEXT}
                        and strlen(user_id) <= {MAX_TEXT}
                        -- the contract takes 12345.0 for 12345
                        and not contains(user_id, '.0')
                        and moment between {earliest} and {latest}
                        and {self._different_keys()},
                        false
                    ) as ok
                from timed
            ), digested as (
                select *, case when ok and event_id is null then {_DIGEST} end as digest
                from judged
            )
            select
                line,
                case
                    when not ok then null
                    when event_id is not null then event_id
                    else {AS_UUID_5}
                end as event_id,
                event_name,
                event_time,
                moment,
                user_id,
                properties,
                case when not ok then row end as row
            from digested
        """

    def _pattern(self, shape: _Shape) -> str:
        values = dict(VALUES)
        if self._contract.text_properties:
            values["properties"] = f"(?:{STRING}|null)"
        by_key = {key: values[field] for field, key in shape.taken.items()}
        pairs = f"{SPACE},{SPACE}".join(
            f"{re.escape(json.dumps(key))}{SPACE}:{SPACE}{by_key.get(key, VALUE)}"
            for key in shape.keys
        )
        return rf"{SPACE}\{{{SPACE}{pairs}{SPACE}\}}{SPACE}"

    def _spec(self, shape: _Shape) -> str:
        kinds = dict.fromkeys(shape.taken.values(), "VARCHAR")
        if "properties" in shape.taken and not self._contract.text_properties:
            kinds[shape.taken["properties"]] = "JSON"
        return json.dumps(kinds)

    def _parameters(self, block: Block) -> list[Any]:
        if _contiguous(block.lines):
            return [block.text, block.lines[0], block.lines[-1] + 1]
        return [block.text, list(block.lines)]


def _choice(shapes: list[_Shape], field: str, kind: str = "varchar") -> str:
    """SQL for a field of a row, whichever shape it has; null where the shape has no such field."""
    cases = " ".join(
        f'when {number} then fields_{number}."{shape.taken[field]}"'
        for number, shape in enumerate(shapes)
        if field in shape.taken
    )
    return f"case shape {cases} end" if cases else f"null::{kind}"


def _contiguous(lines: Sequence[int]) -> bool:
    return lines[-1] - lines[0] + 1 == len(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
