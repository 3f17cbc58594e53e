"""Which ids are one person: those that links lead from one to the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from .definitions import Definitions
from .events import Event, property_text

BEFORE_ALL_EVENTS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Link:
    """Two ids of one person; the known one may name the person, the earliest of all does."""

    known_id: str
    other_id: str
    linked_at: datetime


def links_of(event: Event, definitions: Definitions) -> Iterator[Link]:
    """What an event says of its user's other ids."""
    for definition in definitions.identity_links:
        if definition.event_name not in (event.event_name, "*"):
            continue
        found = property_text(event, definition.property)
        if not found or found == event.user_id:
            continue
        if definition.known_id == "property":
            yield Link(found, event.user_id, event.event_time)
        else:
            yield Link(event.user_id, found, event.event_time)


def links_of_seed(definitions: Definitions) -> list[Link]:
    """The pairs of seeds/identities.csv, which hold since ever."""
    return [Link(known, other, BEFORE_ALL_EVENTS) for known, other in definitions.identities]


def persons(links: Iterable[Link], max_person_ids: int) -> dict[str, str]:
    """Each id that is merged with another, and the id that names their person."""
    links = list(links)
    others: dict[str, set[str]] = {}
    for link in links:
        others.setdefault(link.known_id, set()).add(link.other_id)
        others.setdefault(link.other_id, set()).add(link.known_id)
    shared = {one for one, linked in others.items() if len(linked) >= max_person_ids}
    links = [link for link in links if not {link.known_id, link.other_id} & shared]

    found: dict[str, str] = {}
    seen: set[str] = set()
    for one in others.keys() - shared:
        if one in seen:
            continue
        group, waiting = {one}, [one]
        while waiting:
            for other in others[waiting.pop()] - shared - group:
                group.add(other)
                waiting.append(other)
        seen |= group
        if 1 < len(group) <= max_person_ids:
            person = min((x.linked_at, x.known_id) for x in links if x.known_id in group)[1]
            found |= dict.fromkeys(group, person)
    return found
