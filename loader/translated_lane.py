"""The fast lane of rows that need a translation: DuckDB makes the events of the plain ones.

Like `loader.lane`, it decides nothing: what it lets through is what the translation and the
contract would make, and tests hold them to each other. Every other row is left over for them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from loader.contract import MESSAGE_NAMESPACE, Contract
from loader.lane import AS_UUID_5, Lane, Leftover, Query
from loader.lane_patterns import VALUES
from loader.mapping import Mapping
from loader.mapping.compiled import Compiled, compiled
from loader.mapping.expressions import quoted, time_sql
from loader.mapping.translation import Translation
from loader.readers import Block
from loader.refusals import RefusedError
from loader.strict_json import JsonError

_MAX_SHAPES = 12
_SAMPLES = 200
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# What might be another spelling of a UUID.
_LIKE_A_UUID = r"(?i)(?:urn:uuid:)?\{?[0-9a-f-]{32,36}\}?"


class TranslatedLane(Lane):
    """Checks blocks of rows by one contract and one mapping; may be used from several threads."""

    def __init__(self, contract: Contract, mapping: Mapping, translation: Translation) -> None:
        super().__init__(contract)
        self._mapping = mapping
        self._translation = translation
        self._rows: list[Compiled] = []

    def query(self, block: Block) -> Query | None:  # type: ignore[override]
        """The query that checks a block's rows; None where no row of it is plain."""
        rows = self._rows or self._learn_rows(block.text)
        if not rows:
            return None
        statement = self._translated(rows, block)
        return Query(statement, self._parameters(block), (block.lines[0], block.lines[-1]))

    def learn(self, block: Block, left: Sequence[Leftover]) -> None:
        """Look for more shapes, if more than a tenth of a block's rows were left over."""
        if len(left) > len(block.lines) // 10 and len(self._rows) < _MAX_SHAPES:
            self._learn_rows("\n".join(row for _, row in left))

    def _learn_rows(self, text: str) -> list[Compiled]:
        rows = text.split("\n")
        found = list(self._rows)
        for row in rows[:: max(1, len(rows) // _SAMPLES)]:
            try:
                value = json.loads(row)
            except (ValueError, RecursionError):
                continue
            if not isinstance(value, dict):
                continue
            self._learn_translated(value)
            if len(found) < _MAX_SHAPES:
                shape = compiled(self._translation, value)
                if shape is not None and shape not in found:
                    found.append(shape)
        self._rows = found
        return found

    def _learn_translated(self, row: dict[str, Any]) -> None:
        """Remember which keys occur together, in objects as they come and in properties."""
        for value in row.values():
            self._learn_keys(value)
        with suppress(RefusedError, JsonError):
            for made in self._mapping.translate(row, Counter()):
                self._learn_keys(made.get("properties"))

    def _translated(self, rows: list[Compiled], block: Block) -> str:
        def choice(expressions: list[str]) -> str:
            cases = " ".join(
                f"when {number} then {sql.replace('§', f'fields_{number}')}"
                for number, sql in enumerate(expressions)
            )
            return f"case shape {cases} end"

        matches = " ".join(
            f"when regexp_full_match(row, {quoted(row.pattern)}) then {number}"
            for number, row in enumerate(rows)
        )
        parsed = "".join(
            f", case when shape = {number} then from_json(row, {quoted(row.spec)}) end "
            f"as fields_{number}"
            for number, row in enumerate(rows)
        )
        # Not within the choice, where functions over lists take DuckDB many times as long.
        pieces = "".join(
            f", {_pieces(row).replace('§', f'fields_{number}')} as pieces_{number}"
            for number, row in enumerate(rows)
        )
        digest = (
            f"sha1(unhex('{MESSAGE_NAMESPACE.hex}') || "
            f"encode(concat({quoted(self._mapping.source)}, chr(10), id_text)))"
        )
        return f"""
            with {self._numbered(block)}, shaped as (
                select
                    line,
                    row,
                    case when strlen(row) > {self._contract.max_bytes} then null {matches} end
                    as shape
                from numbered
            ), parsed as (
                select line, row, shape{parsed} from shaped
            ), pieced as (
                select *{pieces} from parsed
            ), given as (
                select
                    line,
                    row,
                    shape,
                    {choice([row.event_id for row in rows])} as id_json,
                    {choice([row.event_name for row in rows])} as name_json,
                    {choice([row.event_time for row in rows])} as time_json,
                    {choice([row.user_id for row in rows])} as user_json,
                    {choice([f"pieces_{number}" for number in range(len(rows))])} as pieces,
                    {choice([self._conditions(row) for row in rows])} as plain,
                    {choice([str(row.text_ids).lower() for row in rows])} as text_ids,
                    {choice([str(row.nested).lower() for row in rows])} as nested
                from pieced
            ), named as (
                select
                    *,
                    trim(id_json, '"') as id_text,
                    regexp_full_match(id_json, '"{_UUID}"') as is_uuid,
                    text_ids
                    and regexp_full_match(id_json, {quoted(VALUES["user_id"])})
                    and not contains(id_json, '.0')
                    and not regexp_full_match(trim(id_json, '"'), '{_LIKE_A_UUID}') as is_text
                from given
            ), identified as (
                select *, case when is_text and not is_uuid then {digest} end as digest from named
            ), fields as (
                select
                    line,
                    row,
                    shape,
                    case when is_uuid then id_text when is_text then {AS_UUID_5} end as event_id,
                    case
                        when regexp_full_match(name_json, {quoted(VALUES["event_name"])})
                            then trim(name_json, '"')
                    end as event_name,
                    {time_sql(self._translation.clock, "time_json")} as event_time,
                    case
                        when regexp_full_match(user_json, {quoted(VALUES["user_id"])})
                            then trim(user_json, '"')
                    end as user_id,
                    case
                        when plain and if(id_json is null, not nested, is_uuid or is_text)
                            then json('{{' || pieces || '}}')
                    end as properties
                from identified
            ), {self._judged()}
        """

    def _conditions(self, row: Compiled) -> str:
        different = [self._different_keys(f"coalesce({sql}, '{{}}')") for sql in row.open]
        conditions = [*row.conditions, *different]
        return " and ".join(f"({sql})" for sql in conditions) or "true"


def _pieces(row: Compiled) -> str:
    return f"array_to_string([{', '.join(row.pieces) or 'null::varchar'}], ',')"
