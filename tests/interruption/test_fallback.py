"""Appends to PostgreSQL that go through a temporary table are ended there.

That is so where most of a file is there already, and where another loader is met amid the copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.interruption.conftest import MakeRawTables
from tests.interruption.deliveries import (
    Delivery,
    assert_exactly,
    make_events,
    write_plain_delivery,
)
from tests.interruption.processes import (
    Process,
    append,
    assert_nothing_left_over,
    ended,
    loader,
    terminate_backends,
    wait_for_lock,
    wait_for_quiet,
    wait_until,
)
from tests.support.databases import Database

pytestmark = pytest.mark.slow

EVENTS = 4_000
HOLD = """
insert into raw.events (event_id, event_name, event_time, user_id, properties, ingested_at)
values (%s, 'held', now(), 'somebody', '{}', now())
"""
COUNTS = "select (select count(*) from raw.events), (select count(*) from raw.rejected_events)"
INSERTING = """
select count(*) from pg_stat_activity
where
    datname = current_database() and application_name = 'loader'
    and wait_event_type = 'Lock' and query ilike '%insert into%'
"""


def kill(process: Process, database: Database) -> None:  # noqa: ARG001
    process.kill()
    process.wait()


def terminate(process: Process, database: Database) -> None:
    assert terminate_backends(database) == 1
    result = ended(process)
    assert result.exit_code == 1
    assert "Nothing was changed; run this again" in result.stderr
    assert "Traceback" not in result.stderr


END = pytest.mark.parametrize("end", [kill, terminate], ids=["killed", "session terminated"])


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """A file of events that differ."""
    return write_plain_delivery(tmp_path / "events.jsonl", make_events(EVENTS, seed=11))


def ids_of(delivery: Delivery) -> list[str]:
    return sorted(event[0] for event in delivery.events)


@contextmanager
def held(database: Database, event_id: str) -> Iterator[psycopg.Connection]:
    """Another session has inserted an id; it rolls back unless the block commits."""
    assert database.server is not None
    connection = database.server.connect(database.name, autocommit=False)
    try:
        connection.execute(HOLD, [event_id])
        yield connection
        connection.rollback()
    finally:
        connection.close()


def wait_for_insert(database: Database, process: Process) -> None:
    """Wait until the loader is held amid the insert from its temporary table."""
    with database.connect() as connection:
        wait_until(
            lambda: connection.execute(INSERTING.encode()).fetchall() == [(1,)],
            "the insert from the temporary table",
            process,
        )


def assert_the_rest_completes(
    database: Database, delivery: Delivery, *, appended: int, conflicting: int = 0
) -> None:
    again = append(database, delivery.path)
    assert again.exit_code == 0, again.stderr
    report = again.json()
    assert (report["read"], report["appended"]) == (EVENTS, appended)
    assert report["conflicting"] == conflicting
    assert report["duplicate"] == EVENTS - appended - conflicting
    assert_nothing_left_over(database)


@END
def test_most_of_the_file_is_there(
    end: Callable[[Process, Database], None],
    make_raw_tables: MakeRawTables,
    delivery: Delivery,
    tmp_path: Path,
) -> None:
    database = make_raw_tables("postgres")
    there = EVENTS * 3 // 4
    events = make_events(EVENTS, seed=11)[:there]
    append(database, write_plain_delivery(tmp_path / "before.jsonl", events).path)
    missing = set(ids_of(delivery)) - {event["event_id"] for event in events}

    with (
        held(database, max(missing)),
        loader("append", delivery.path, database=database) as process,
    ):
        wait_for_insert(database, process)
        end(process, database)

    wait_for_quiet(database)
    assert database.query(COUNTS) == [(there, 0)]
    assert_the_rest_completes(database, delivery, appended=EVENTS - there)
    assert_exactly(database, (delivery, str(delivery.path)))


@END
def test_another_loader_commits_amid_the_copy(
    end: Callable[[Process, Database], None], make_raw_tables: MakeRawTables, delivery: Delivery
) -> None:
    database = make_raw_tables("postgres")
    ids = ids_of(delivery)

    with (
        held(database, ids[EVENTS // 2]) as first,
        held(database, ids[-1]),
        loader("append", delivery.path, database=database) as process,
    ):
        wait_for_lock(database, process)
        first.commit()
        wait_for_insert(database, process)
        end(process, database)

    wait_for_quiet(database)
    assert database.query(COUNTS) == [(1, 0)]
    assert_the_rest_completes(database, delivery, appended=EVENTS - 1, conflicting=1)


def test_what_another_loader_commits_amid_the_copy_is_skipped(
    make_raw_tables: MakeRawTables, delivery: Delivery
) -> None:
    database = make_raw_tables("postgres")
    middle = ids_of(delivery)[EVENTS // 2]

    with (
        held(database, middle) as other,
        loader("append", delivery.path, "--json", database=database) as process,
    ):
        wait_for_lock(database, process)
        other.commit()
        result = ended(process)

    assert result.exit_code == 0, result.stderr
    report = result.json()
    assert (report["appended"], report["conflicting"], report["duplicate"]) == (EVENTS - 1, 1, 0)
    assert database.query(COUNTS) == [(EVENTS, 1)]
    found = database.query("select event_name from raw.events where event_name = 'held'")
    assert found == [("held",)], "the first write of an id stays"
    assert_nothing_left_over(database)
