"""event_catalog."""

from collections.abc import Iterator

from .history import History
from .registry import Row, view


@view("event_name")
def event_catalog(history: History) -> Iterator[Row]:
    """How often each event happened, and when first and last."""
    for name in {event.event_name for event in history.events}:
        events = [event for event in history.events if event.event_name == name]
        yield {
            "event_name": name,
            "events": len(events),
            "users": len({event.user_id for event in events}),
            "first_event_at": min(event.event_time for event in events),
            "last_event_at": max(event.event_time for event in events),
        }
