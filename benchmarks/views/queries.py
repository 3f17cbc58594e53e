"""Hand-written queries over raw.events, the floor for each view: one file in queries/ for each.

What several of them begin with is in queries/parts/, and $name stands for it.

They answer for the definitions in benchmarks/seeds and the default settings only, and read nothing
but the events table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from string import Template
from typing import Any, Literal

Engine = Literal["duckdb", "postgres"]

QUERIES = Path(__file__).parent / "queries"

# What the engines write differently; the session's time zone is UTC.
_DIALECTS: dict[Engine, dict[str, str]] = {
    "duckdb": {
        "day": "cast(make_timestamp(epoch_us(event_time)) as date)",
        "started_day": "cast(make_timestamp(epoch_us(started_at)) as date)",
        "deadline_day": "cast(make_timestamp(epoch_us(started_at) + 604800000000) as date)",
        "each_day": "unnest(generate_series(first_day, last_day, interval '1 day'))",
        "each_number": "unnest(generate_series(1, length))",
        "each_cell": (
            "unnest(generate_series(0, least(last_number - number, "
            "case period when 'day' then 30 when 'week' then 156 else 36 end)))"
        ),
        "index": (
            "case period when 'day' then period_start - date '1900-01-01' "
            "when 'week' then (period_start - date '1900-01-01') // 7 "
            "else year(period_start) * 12 + month(period_start) end"
        ),
        "each_property": "unnest(json_keys(properties))",
        "value": "json_extract_string(properties, property)",
        "country": "json_extract_string(properties, 'country')",
        "plan": "json_extract_string(properties, 'plan')",
        "device": "json_extract_string(properties, 'device')",
        "first_country": "arg_min(country, (event_time, event_id))",
        "latest_plan": "arg_max(plan, (event_time, event_id))",
        "latest_device": "arg_max(device, (event_time, event_id))",
        "collate": "",
        "epoch": "epoch_us(started_at)",
        "span": "(epoch_us(max(event_time)) - epoch_us(min(event_time))) / 1000000",
        "step_seconds": "(epoch_us(reached_at) - epoch_us(previous_at)) / 1000000",
    },
    "postgres": {
        "day": "event_time::date",
        "started_day": "started_at::date",
        "deadline_day": "(started_at + interval '7 days')::date",
        "each_day": (
            "generate_series(first_day::timestamp, last_day::timestamp, interval '1 day')"
        ),
        "each_number": "generate_series(1, length)",
        "each_cell": (
            "generate_series(0, least(last_number - number, "
            "case period when 'day' then 30 when 'week' then 156 else 36 end))"
        ),
        "index": (
            "case period when 'day' then period_start - date '1900-01-01' "
            "when 'week' then (period_start - date '1900-01-01') / 7 "
            "else (extract(year from period_start) * 12 "
            "+ extract(month from period_start))::int end"
        ),
        "each_property": "jsonb_object_keys(properties)",
        "value": "(properties ->> property)",
        "country": "properties ->> 'country'",
        "plan": "properties ->> 'plan'",
        "device": "properties ->> 'device'",
        # one order for all three, so that PostgreSQL sorts once
        "first_country": (
            "(array_agg(country order by event_time, event_id) "
            "filter (where country is not null))[1]"
        ),
        "latest_plan": (
            "(array_agg(plan order by event_time, event_id) "
            "filter (where plan is not null))[count(plan)]"
        ),
        "latest_device": (
            "(array_agg(device order by event_time, event_id) "
            "filter (where device is not null))[count(device)]"
        ),
        "collate": 'collate "C"',
        "epoch": "(extract(epoch from started_at) * 1000000)::bigint",
        "span": "extract(epoch from max(event_time) - min(event_time))::double precision",
        "step_seconds": "extract(epoch from reached_at - previous_at)::double precision",
    },
}


def floor_query(view: str, engine: Engine) -> str | None:
    """The hand-written query with the rows of that view, or None where nobody has written it."""
    path = QUERIES / f"{view}.sql"
    if not path.exists():
        return None
    parts = {part.stem: _substituted(part, engine).rstrip() for part in QUERIES.glob("parts/*.sql")}
    return _substituted(path, engine, parts)


def self_join_query(view: str, engine: Engine) -> str:
    """The query that people usually write for that view, which joins events to events."""
    return _substituted(QUERIES / "self_join" / f"{view}.sql", engine)


def _substituted(path: Path, engine: Engine, parts: Mapping[str, str] | None = None) -> str:
    return Template(path.read_text(encoding="utf-8")).substitute(_DIALECTS[engine], **(parts or {}))


def same_rows(one: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]]) -> bool:
    """Whether two results have the same rows in any order; fractions to nine digits."""
    return sorted(map(_comparable, one)) == sorted(map(_comparable, other))


def _comparable(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in row)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return "0" if math.isclose(number, 0, abs_tol=1e-12) else f"{number:.9g}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.date().isoformat()
    return str(value)
