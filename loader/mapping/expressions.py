"""Expressions of DuckDB's SQL for what translations do; see `loader.mapping.compiled`."""

from __future__ import annotations

import json

from loader.mapping.clock import ISO, Clock
from loader.times import EPOCH_UNITS


def filled(sql: str) -> str:
    """SQL for a JSON text, or null where it is null or an empty text."""
    return f"nullif(nullif(({sql})::varchar, 'null'), '\"\"')"


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str, sql: str) -> str:
    """SQL for a member of an object; null where its value is."""
    return f"{quoted(json.dumps(name, ensure_ascii=False) + ':')} || {sql}"


def inner(sql: str) -> str:
    """SQL for the members of an object; null for none."""
    return f"nullif((({sql})::varchar)[2:-2], '')"


def entries(sql: str, prefix: str, without: frozenset[str]) -> str:
    """SQL for the members of an object but for some, each under its name with a prefix."""
    keys = ", ".join(map(quoted, sorted(without))) or "''"
    return f"""
        nullif(array_to_string(list_transform(
            list_filter(
                map_entries(from_json({sql}, '"MAP(VARCHAR, JSON)"')),
                lambda entry: entry.key not in ({keys})
            ),
            lambda entry: concat(
                to_json({quoted(prefix)} || entry.key), ':', coalesce(entry.value, 'null')
            )
        ), ','), '')
    """


def time_sql(clock: Clock, sql: str) -> str:
    """SQL for the text in ISO 8601 of the time that a JSON text stands for; null for odd ones."""
    date = "[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]"
    hour = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    offset = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::[0-5][0-9])?)"
    given = f"trim({sql}, '\"')"
    cases: list[str] = []
    for name in clock.formats:
        if name == ISO:
            whole = quoted(f'"{date}{hour}{offset}"')
            cases.append(f"when regexp_full_match({sql}, {whole}) then {given}")
            if clock.zone is not None:
                naive = quoted(f'"{date}{hour}"')
                cases.append(f"when regexp_full_match({sql}, {naive}) then {given} || 'Z'")
            continue
        unit = EPOCH_UNITS[name]
        digits = len(str(unit)) - 1
        # From 2001 to 2100: enough to tell the units apart, and far from any overflow.
        pattern = quoted(f'"?[1-3][0-9]{{{9 + digits}}}"?')
        number = f"try_cast({given} as bigint)"
        micros = f"{number} * {10**6 // unit}" if unit <= 10**6 else f"{number} // {unit // 10**6}"
        moment = f"strftime(make_timestamptz({micros}), '%Y-%m-%dT%H:%M:%S.%fZ')"
        cases.append(f"when regexp_full_match({sql}, {pattern}) then {moment}")
    return f"case {' '.join(cases)} end"
