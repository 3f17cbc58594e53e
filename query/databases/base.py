"""What every database gives: rows, and the state of the data that they are of."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from loader.names import quoted
from loader.organisations import target_of
from loader.targets import Target
from serving.tokens import Directory

#: Seconds that a query may take.
DEFAULT_TIMEOUT = 30.0

#: Gets a level of the log, and a sentence for it.
Notify = Callable[[str, str], None]


def say_nothing(level: str, sentence: str) -> None:
    """Where nobody keeps a log."""
    del level, sentence


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of events: its id, and when it was appended (UTC)."""

    delivery_id: uuid.UUID
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What an organisation's data are at a moment.

    Attributes:
        token: Changes whenever an answer could: after a delivery, a removal, a build.
        as_of_date: The last date of all reports; None where there are no events, or no views.
        last_complete_date: The last date that is over; None where nobody says so.
        delivery: The latest delivery that is in the events; None where there is none, or where
            the user may not read raw.deliveries.
    """

    token: str
    as_of_date: date | None = None
    delivery: Delivery | None = None
    last_complete_date: date | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Rows of a query, and the state of the data that it read."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    state: State


class Database(Protocol):
    """A database that can be asked.

    Its methods raise HttpError where they fail: 409 not_built, not_granted or stopped (by a view's
    own words), 422 too_slow or too_large, 503 while the database cannot be used.
    """

    @property
    def target(self) -> Target:
        """The target with the default schemas."""
        ...

    def check(self) -> None:
        """Look whether it will do, before anything is opened; LoaderError says what to do."""
        ...

    async def open(self) -> None:
        """Begin, whether or not the database can be asked already."""
        ...

    async def close(self) -> None:
        """End: stops what still runs."""
        ...

    async def fetch(  # noqa: PLR0913 (what a query is, and how far it may go)
        self,
        organisation: str | None,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int | None = None,
        at: str | None = None,
    ) -> Result:
        """Rows of one query with the rights of the organisation's readers.

        Args:
            organisation: Whose; None for the default schemas.
            sql: One statement, with parameters as $1, $2 …; names of schemas as `place` gives
                them. It can read, and nothing else: the database sees to that.
            parameters: Their values.
            timeout: Seconds, after which the database stops. It also stops when the task that
                waits here is cancelled.
            limit: Hand over so many rows at most.
            at: Token of a state that should be read once more, if the database still has it.
        """
        ...

    async def state(self, organisation: str | None) -> State:
        """What the data are now, or were within the last second."""
        ...

    def stamp(self) -> object:
        """Changes whenever tokens may have (see serving.keys.StoredTokens)."""
        ...

    async def directory(self) -> Directory:
        """The tokens and organisations that the database knows."""
        ...


def schema_of(target: Target, organisation: str | None, custom_schema: str | None = None) -> str:
    """The name of a schema that dbt built for an organisation.

    ``custom_schema`` is what the project appends, such as intermediate; None for that of the marts.
    """
    schema = target_of(target, organisation).schema
    return f"{schema}_{custom_schema}" if custom_schema else schema


def relation_of(
    target: Target, organisation: str | None, name: str, custom_schema: str | None = None
) -> str:
    """A view or table that dbt built for an organisation, as SQL."""
    schema = schema_of(target, organisation, custom_schema)
    return f"{target.place(schema)}.{quoted(name)}"
