"""event_catalog and event_properties."""

from collections.abc import Iterator

from .events import property_text
from .history import History
from .registry import Row, ratio, view


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


@view("event_name", "property")
def event_properties(history: History) -> Iterator[Row]:
    """How many of the events of each name have each property, and the first of its values."""
    for name in {event.event_name for event in history.events}:
        events = [event for event in history.events if event.event_name == name]
        for key in {key for event in events for key in event.properties}:
            having = [event for event in events if key in event.properties]
            texts = [property_text(event, key) for event in having]
            cut = [text[:100] for text in texts if text is not None]
            yield {
                "event_name": name,
                "property": key,
                "events": len(having),
                "share": ratio(len(having), len(events)),
                "example_value": min(cut, default=None),
            }
