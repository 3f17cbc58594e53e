"""Events as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from loader.strict_json import canonical


@dataclass(frozen=True)
class Event:
    """One row of raw.events; `event_time` carries an offset."""

    event_id: UUID
    event_name: str
    event_time: datetime
    user_id: str
    properties: Mapping[str, object] = field(default_factory=dict, hash=False)
    #: When it was appended; None: after it happened, whenever that was.
    ingested_at: datetime | None = None


def property_text(event: Event, name: str) -> str | None:
    """A property as text, as the loader stores it; None where it is missing, null or nested."""
    value = event.properties.get(name)
    if value is None or isinstance(value, Mapping | list):
        return None
    return value if isinstance(value, str) else canonical(value)
