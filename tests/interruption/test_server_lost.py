"""The PostgreSQL server, or only the loader's session, ends in the middle of an append."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import Connection

from tests.interruption.conftest import MakeRawTables, OwnServer
from tests.interruption.deliveries import (
    Delivery,
    assert_exactly,
    is_in,
    make_events,
    write_delivery,
)
from tests.interruption.processes import (
    append,
    assert_completes,
    assert_explained,
    close_input,
    ended,
    feed,
    loader,
    terminate_backends,
    wait_for_lock,
    wait_for_session,
    wait_until,
)
from tests.interruption.stages import STAGES, Stage
from tests.support.databases import Database

pytestmark = pytest.mark.slow


def test_the_session_is_terminated_while_reading(
    make_raw_tables: MakeRawTables, large: Delivery
) -> None:
    database = make_raw_tables("postgres")

    with loader("append", "-", database=database) as process:
        feed(process, large.data[: len(large.data) // 2])
        wait_for_session(database, process)
        assert terminate_backends(database) == 1
        close_input(process, large.data[len(large.data) // 2 :])
        result = ended(process)

    assert_explained(result, "failed while", "Nothing was changed; run this again")
    assert not is_in(database, large)
    assert_completes(database, large, appended=len(large.events))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_session_is_terminated_while_postgres_works(
    stage: Stage, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    database = make_raw_tables("postgres")

    with stage.hold(database, small), loader("append", "-", database=database) as process:
        close_input(process, small.data)
        wait_for_lock(database, process)
        assert terminate_backends(database) == 1
        result = ended(process)

    # Once it has asked for the commit, the loader cannot know what came of it.
    known = "may or may not" if stage.committing else "Nothing was changed"
    assert_explained(result, "failed while", known, "run this again")
    assert not is_in(database, small)
    assert_completes(database, small, appended=len(small.events))


def test_the_next_file_is_appended_over_a_new_session(
    make_raw_tables: MakeRawTables, small: Delivery, tmp_path: Path
) -> None:
    database = make_raw_tables("postgres")
    other = write_delivery(tmp_path / "other.jsonl", make_events(100, seed=9))

    stage = STAGES[0]
    with loader("append", small.path, other.path, "--json", database=database) as process:
        with stage.hold(database, small):
            wait_for_lock(database, process)
            terminate_backends(database)
        result = ended(process)

    assert_explained(result, str(small.path))
    files = result.json()["files"]
    assert [bool(file["error"]) for file in files] == [True, False]
    assert_exactly(database, (other, str(other.path)))
    again = append(database, small.path, other.path)
    assert again.exit_code == 0, again.stderr
    assert_exactly(database, (small, str(small.path)), (other, str(other.path)))


def test_the_server_crashes_while_reading(
    own_server: OwnServer, own_database: Database, large: Delivery
) -> None:
    with loader("append", "-", database=own_database) as process:
        feed(process, large.data[: len(large.data) // 2])
        wait_for_session(own_database, process)
        own_server.crash()
        close_input(process, large.data[len(large.data) // 2 :])
        result = ended(process)
        down = append(own_database, "-", stdin=large.data)
        assert own_server.server  # running again

    assert_explained(result, "Nothing was changed")
    assert_explained(down, "does not answer", "Start it")
    assert not is_in(own_database, large)
    assert_completes(own_database, large, appended=len(large.events))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_server_crashes_while_it_works(
    stage: Stage, own_server: OwnServer, own_database: Database, small: Delivery
) -> None:
    with stage.hold(own_database, small), loader("append", "-", database=own_database) as process:
        close_input(process, small.data)
        wait_for_lock(own_database, process)
        own_server.crash()
        result = ended(process)
        assert own_server.server  # running again

    known = "may or may not" if stage.committing else "Nothing was changed"
    assert_explained(result, "failed while", known, "run this again")
    assert not is_in(own_database, small)
    assert_completes(own_database, small, appended=len(small.events))


def test_the_session_ends_between_the_commit_and_its_confirmation(
    own_server: OwnServer, own_database: Database, small: Delivery
) -> None:
    """The server commits and waits for a standby; nobody can tell the loader any more."""
    with waiting_for_a_standby(own_server), loader("append", "-", database=own_database) as process:
        close_input(process, small.data)
        with own_database.connect() as connection:
            wait_until(lambda: waits_for_standby(connection), "waiting for a standby", process)
        assert terminate_backends(own_database) == 1
        result = ended(process)

    assert_explained(result, "failed while committing", "may or may not", "run this again")
    assert is_in(own_database, small)
    assert_completes(own_database, small, appended=0)


@contextmanager
def waiting_for_a_standby(own_server: OwnServer) -> Iterator[None]:
    """Let every commit on a server wait for a standby that does not exist."""
    with own_server.server.connect() as connection:
        connection.execute("alter system set synchronous_standby_names = 'nobody'")
        connection.execute("select pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("alter system reset synchronous_standby_names")
            connection.execute("select pg_reload_conf()")


def waits_for_standby(connection: Connection) -> bool:
    query = "select from pg_stat_activity where wait_event = 'SyncRep'"
    return connection.execute(query).rowcount > 0
