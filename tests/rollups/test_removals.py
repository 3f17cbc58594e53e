"""What is kept after `loader withdraw` and `loader erase`: as if it had never been there.

After each refresh, every public view is compared with the reference; and in the end nothing of an
erased person is left in any table, statistic, index or file.
"""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.metrics.logs import log
from tests.reference import Event, Settings
from tests.rollups.projects import LATEST, Project, assert_views_match, due_users
from tests.rollups.test_histories import fail_half_way
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PERSON = "zz-person@example.org"


def delivered(project: Project, events: list[Event], hours: int) -> list[Event]:
    """Let events arrive so many hours after the first delivery, and say so of each.

    Each log numbers its events from 1, so those of a delivery get the delivery's own numbers.
    """
    arrived = [
        replace(
            event,
            event_id=UUID(int=event.event_id.int % 1000 + 1000 * (hours + 100)),
            ingested_at=LATEST + timedelta(hours=hours),
        )
        for event in events
    ]
    project.deliver(arrived, hours=hours)
    return arrived


def withdraw(project: Project, hours: int) -> None:
    """Take out what arrived so many hours after the first delivery."""
    project.loader("withdraw", project.delivery_at(LATEST + timedelta(hours=hours)))


def with_property(events: list[Event], **properties: object) -> list[Event]:
    """The events with these properties."""
    return [replace(event, properties=properties) for event in events]


def test_views_are_as_if_what_was_taken_out_had_never_been_there(new_project: Project) -> None:
    project, settings = new_project, Settings()
    definitions = project.definitions()

    def refreshed(events: list[Event], happened: str, due: set[str]) -> None:
        project.refresh(settings)
        assert due_users(project.database) == due, happened
        assert_views_match(project.database, events, definitions, settings, happened)

    basis = delivered(
        project,
        with_property(
            log(
                "ann A 2024-02-28T10:00",
                "ann B 2024-02-28T10:05",
                "ann join 2024-02-29T10:05",
                "bob A 2024-02-28T11:00",
                "bob B 2024-03-01T11:00",
                "cay join 2024-02-28T12:00",
                "cay A 2024-02-29T12:20",
            ),
            p="x",
        ),
        hours=0,
    )
    # first and last of all, the least example, other segments, and a user whom nobody else names
    wrong = delivered(
        project,
        with_property(
            log(
                "ann A 2024-02-20T09:00",
                "ann B 2024-02-28T10:20",
                "bob C 2024-03-09T09:00",
                "dee A 2024-02-28T09:00",
                "dee B 2024-02-28T09:01",
            ),
            p="a",
            q=5,
        ),
        hours=1,
    )
    project.build(settings, "--full-refresh")

    withdraw(project, 1)
    refreshed(basis, "the latest delivery is withdrawn", {"ann", "bob"})
    refreshed(basis, "nothing happened", set())

    mended = delivered(project, with_property(wrong, p="mended"), hours=2)
    refreshed(basis + mended, "it comes again, mended", {"ann", "bob", "dee"})

    # between two refreshes, so that facts of events look as if nothing had happened
    withdraw(project, 2)
    again = [
        replace(event, properties={"p": "y"}, ingested_at=LATEST + timedelta(hours=3))
        for event in mended
    ]
    project.deliver(again, hours=3)
    refreshed(basis + again, "another one in its place", {"ann", "bob", "dee"})

    project.loader("erase", "--user", "cay", "--user", "dee")
    left = [event for event in basis + again if event.user_id not in ("cay", "dee")]
    fail_half_way(project, settings)
    refreshed(left, "two are erased, and a build fails", set())

    late = delivered(project, log("cay B 2024-03-02T10:00", "ann B 2024-03-02T10:00"), hours=-20)
    project.loader("erase", "--user", "ann")
    left = [event for event in left + late if event.user_id != "ann"]
    refreshed(left, "one is erased, and others come", {"cay"})

    project.loader("erase", "--user", "bob", "--user", "cay")
    refreshed([], "all are erased", set())
    come = delivered(project, log("eve A 2024-03-05T10:00"), hours=30)
    refreshed(come, "somebody comes", {"eve"})


def test_events_ahead_of_a_date_that_goes_back_are_in_no_report(new_project: Project) -> None:
    project, settings = new_project, Settings()
    definitions = project.definitions(funnels=["pair"])
    noon = f"{LATEST:%Y-%m-%d}"
    ahead = [f"ann A {noon}T10:00", f"bob A {LATEST + timedelta(days=1):%Y-%m-%d}T11:00"]
    early = delivered(project, log(*ahead), hours=0)
    latest = delivered(project, log(f"cay A {LATEST + timedelta(days=2):%Y-%m-%d}T09:00"), hours=50)
    project.build(settings, "--full-refresh")
    assert_views_match(project.database, early + latest, definitions, settings, "all")

    project.loader("erase", "--user", "cay")
    project.refresh(settings)
    assert_views_match(project.database, early, definitions, settings, "the date goes back")
    later = delivered(project, log(f"dee A {LATEST + timedelta(days=3):%Y-%m-%d}T09:00"), hours=80)
    project.refresh(settings)
    assert_views_match(project.database, early + later, definitions, settings, "and on again")


def test_a_build_that_is_told_of_forgotten_users_computes_all_anew(project: Project) -> None:
    definitions = project.definitions()
    project.loader("erase", "--user", "ann")
    with project.database.connect() as connection:
        if project.database.engine == "postgres":
            connection.execute("set session_replication_role = replica")
        connection.execute("delete from raw.removed_users")
    project.refresh(Settings())
    rows = project.database.query("select user_id from analytics.user_churn order by user_id")
    assert [user for (user,) in rows] == ["bob", "cay"]
    assert definitions


def test_nothing_of_an_erased_person_is_left(new_project: Project, tmp_path: Path) -> None:
    project, settings = new_project, Settings()
    project.definitions()
    file = tmp_path / f"export-{PERSON}.jsonl"
    lines = [
        f'{{"event":"{name}","time":"2026-03-0{day}T10:0{minute}:00Z","user_id":"{user}",'
        f'"properties":{{"p":"of {user}"}}}}'
        for user in (PERSON, "bob")
        for day in (1, 2)
        for minute, name in enumerate(("A", "B", "join", "A"))
    ]
    file.write_text("\n".join([*lines, lines[0].replace('"A"', "7"), f"of {PERSON}"]))
    project.loader("append", str(file))
    project.build(settings, "--full-refresh")
    project.loader("append", str(file))
    project.refresh(settings)
    before = tables_with(PERSON, project.database)
    assert "raw.events" in before
    assert "analytics_intermediate.fct_events__kept" in before

    project.loader("erase", "--user", PERSON)
    project.refresh(settings)

    assert tables_with(PERSON, project.database) == []
    if project.database.engine == "duckdb":
        project.loader("rewrite")
        assert PERSON.encode() not in project.database.path.read_bytes()
    else:
        project.database.execute("vacuum full")
        project.database.execute("checkpoint")
        assert PERSON.encode() not in files_of(project.database)
        assert b"of bob" in files_of(project.database)
    rows = project.database.query("select user_id from analytics.user_churn")
    assert rows == [("bob",)]


def tables_with(text: str, database: Database) -> list[str]:
    """The tables of any schema in which this is, and so PostgreSQL's of frequent values."""
    query = "select schema_name, table_name from duckdb_tables() where not internal"
    if database.engine == "postgres":
        query = (
            "select relnamespace::regnamespace::text, relname from pg_class"
            " where relkind in ('r', 'm')"
        )
    found = []
    for schema, table in database.query(query):
        if text in repr(
            database.query(f'select cast(t as varchar) from "{schema}"."{table}" as t')
        ):
            found.append(f"{schema}.{table}")
    return found


def files_of(database: Database) -> bytes:
    """The files of all tables and indexes of a PostgreSQL database."""
    [(directory, oid)] = database.query(
        "select current_setting('data_directory'), oid from pg_database "
        "where datname = current_database()"
    )
    found = subprocess.run(
        ["find", f"{directory}/base/{oid}", "-type", "f"], check=True, capture_output=True
    )
    return b"".join(Path(name).read_bytes() for name in found.stdout.decode().split())
