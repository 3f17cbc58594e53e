"""Rows to append to ClickHouse, and what is then in its raw tables."""

from __future__ import annotations

from typing import Any

from tests.loader.raw_tables import RawTables, event

ID = "6f1ed002-ab5b-4e8c-9d2f-{:012}"
COUNTS = ("read", "appended", "duplicate", "conflicting", "rejected")
#: What staging reads: of each id what was delivered first.
FIRST = "(select * from {}.events order by ingested_at limit 1 by event_id)"


def lines(first: int, last: int, **changes: Any) -> str:
    """Rows with the ids and users first … last, in two months."""
    return "".join(
        event(
            f"u{n:05}",
            event_id=ID.format(n),
            event_time=f"2025-0{1 + n % 2}-03T12:00:00.{n:06}Z",
            properties={"n": n},
            **changes,
        )
        + "\n"
        for n in range(first, last + 1)
    )


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    """What became of the rows of a report."""
    return tuple(report[name] for name in COUNTS)


def number(raw: RawTables, what: str) -> int:
    """How many rows a table or a select in parentheses has."""
    return int(raw.database.query(f"select count() from {what.format(raw.schema)}")[0][0])


def stored(raw: RawTables) -> dict[str, list[tuple[Any, ...]]]:
    """All raw tables, without the ids and times that each append draws anew."""
    return {
        "events": raw.database.query(
            "select cast(event_id as varchar), event_name, event_time, user_id, "
            f"cast(properties as varchar) from {raw.schema}.events "
            "order by cast(event_id as varchar)"
        ),
        "rejected_events": raw.database.query(
            "select cast(rejected_id as varchar), reason, detail, original_text, source, line "
            f"from {raw.schema}.rejected_events order by cast(rejected_id as varchar)"
        ),
        "deliveries": raw.database.query(
            "select source, read, appended, duplicate, conflicting, rejected "
            f"from {raw.schema}.deliveries order by delivered_at"
        ),
        "of each delivery": raw.database.query(
            "select deliveries.source as source, count(*) as events "
            f"from {raw.schema}.events as events "
            f"inner join {raw.schema}.deliveries as deliveries "
            "on deliveries.delivered_at = events.ingested_at "
            "group by deliveries.source order by deliveries.source"
        ),
    }
