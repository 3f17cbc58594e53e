"""Small event logs written as text."""

from datetime import UTC, datetime
from uuid import UUID

from tests.reference import Definitions, Event, Row, Settings, Value, compute


def at(text: str) -> datetime:
    """An instant in ISO 8601; UTC unless it has an offset."""
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def log(*lines: str) -> list[Event]:
    """Events from lines of `user event time`; the ids rise with the lines."""
    events = []
    for number, line in enumerate(lines, start=1):
        user, name, time = line.split()
        events.append(Event(UUID(int=number), name, at(time), user))
    return events


def select(
    columns: str,
    view: str,
    events: list[Event],
    *definitions: Definitions,
    **settings: object,
) -> list[tuple[Value, ...]]:
    """The named columns of a view of the reference, its rows in order of the view's grain."""
    given = definitions[0] if definitions else Definitions()
    rows: list[Row] = compute(view, events, given, Settings(**settings))  # type: ignore[arg-type]
    names = columns.split()
    return sorted(
        (tuple(row[name] for name in names) for row in rows),
        key=lambda row: [(value is None, value) for value in row],  # nulls last
    )
