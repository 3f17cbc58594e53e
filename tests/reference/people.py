"""user_identities: which person each linked id belongs to."""

from collections.abc import Iterator

from .history import History
from .registry import Row, view


@view("user_id")
def user_identities(history: History) -> Iterator[Row]:
    """Each id that is merged with another, and its person."""
    for user_id, person_id in history.persons.items():
        yield {"user_id": user_id, "person_id": person_id}
