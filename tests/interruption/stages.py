"""The stages of an append to PostgreSQL, and ways to hold a loader at each of them.

Nothing in the loader helps: what holds it is a lock, a row or a trigger of another session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

import psycopg

from tests.interruption.deliveries import Delivery
from tests.support.databases import Database

_INSERT = """
insert into raw.events (event_id, event_name, event_time, user_id, properties, ingested_at)
values (%s, 'held', now(), 'somebody', '{}', now())
"""
_WAIT_AT_COMMIT = """
create function wait_for_lock() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(1);
    return null;
end
$$;
create constraint trigger wait_at_commit after insert on raw.rejected_events
deferrable initially deferred for each row execute function wait_for_lock();
"""


@dataclass(frozen=True)
class Stage:
    """A stage of an append at which the loader waits for PostgreSQL.

    Attributes:
        name: For the test's name.
        hold: Holds loaders there for as long as the block runs.
        committing: Whether the loader has asked for the commit already, which then happens.
    """

    name: str
    hold: Callable[[Database, Delivery], AbstractContextManager[None]]
    committing: bool = False


@contextmanager
def _session(database: Database, statement: str, *parameters: str) -> Iterator[None]:
    """Hold what a statement locks."""
    assert database.server is not None
    connection = database.server.connect(database.name, autocommit=False)
    try:
        connection.execute(statement.encode(), parameters or None)
        yield
        with suppress(psycopg.OperationalError):  # the server may be gone by now
            connection.rollback()
    finally:
        connection.close()


@contextmanager
def _before_the_insert(database: Database, delivery: Delivery) -> Iterator[None]:  # noqa: ARG001
    with _session(database, "lock table raw.events in share row exclusive mode"):
        yield


@contextmanager
def _amid_the_insert(database: Database, delivery: Delivery) -> Iterator[None]:
    """Another session has inserted the middle one of the ids, and may yet roll back."""
    ids = sorted(event[0] for event in delivery.events)
    with _session(database, _INSERT, ids[len(ids) // 2]):
        yield


@contextmanager
def _before_recording_rejected(database: Database, delivery: Delivery) -> Iterator[None]:  # noqa: ARG001
    with _session(database, "lock table raw.rejected_events in share row exclusive mode"):
        yield


@contextmanager
def _at_the_commit(database: Database, delivery: Delivery) -> Iterator[None]:  # noqa: ARG001
    database.execute(_WAIT_AT_COMMIT)
    with _session(database, "select pg_advisory_xact_lock(1)"):
        yield


STAGES = [
    Stage("before the insert", _before_the_insert),
    Stage("amid the insert", _amid_the_insert),
    Stage("before recording rejected rows", _before_recording_rejected),
    Stage("at the commit", _at_the_commit, committing=True),
]
