"""What dashboards meet that read the views on PostgreSQL while a build makes them again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest

from tests.metrics.views import SCHEMA
from tests.reference import VIEWS, Settings
from tests.rollups.projects import Project, assert_views_match, some_events
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, run_dbt

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.parametrize("engine", ["postgres"], indirect=True),
]

# A view of a user's own, which the project knows nothing of.
OWN_VIEW = (
    "create view public.signups_so_far as select sum(signups) as users from analytics.signups"
)


def test_views_can_be_read_throughout_a_build(project: Project) -> None:
    database = project.database
    definitions = project.definitions(shorter_windows=False)
    own_view_and_grants(database)
    before = project.relations(without="int_%")
    project.deliver(some_events()[-1:], hours=1)

    with readers(database) as outcomes:
        project.build(Settings())

    assert set(outcomes) == {"read"}
    assert outcomes["read"] > len(VIEWS)
    assert project.relations(without="int_%") == before
    assert_own_view_and_grants(database)
    assert_views_match(database, some_events(), definitions, Settings(), "read meanwhile")


def test_views_can_be_read_throughout_a_full_refresh(project: Project) -> None:
    database = project.database
    definitions = project.definitions(shorter_windows=False)
    own_view_and_grants(database)

    with readers(database) as outcomes:
        project.build(Settings(), "--full-refresh")

    assert set(outcomes) == {"read"}
    assert outcomes["read"] > len(VIEWS)
    assert_own_view_and_grants(database)
    events = some_events()[:-1]
    assert_views_match(database, events, definitions, Settings(), "computed anew")


@pytest.mark.parametrize("options", [(), ("--full-refresh",)], ids=["build", "full_refresh"])
def test_views_and_grants_stay_when_roll_ups_are_given_up_and_taken_up(
    project: Project, options: tuple[str, ...]
) -> None:
    database = project.database
    definitions = project.definitions(shorter_windows=False)
    own_view_and_grants(database)
    before = public_views(database)
    events = some_events()[:-1]

    with readers(database) as outcomes:
        run_dbt(*BUILD_UNTESTED, *options, database=database, project=project.directory)
        assert_own_view_and_grants(database)
        assert_views_match(database, events, definitions, Settings(), "given up")
        kept = "select relname from pg_catalog.pg_class where relname ~ '__(kept|changes)$'"
        assert database.query(kept) == []

        project.build(Settings(), *options)
        assert_own_view_and_grants(database)
        assert_views_match(database, events, definitions, Settings(), "taken up again")
        assert ("fct_sessions__kept",) in database.query(kept)

    assert set(outcomes) == {"read"}
    assert public_views(database) == before


def public_views(database: Database) -> list[tuple[str, int]]:
    """Name and identity of each public view."""
    return database.query(
        "select relname, oid from pg_catalog.pg_class"
        " where relnamespace = 'analytics'::regnamespace order by relname"
    )


def own_view_and_grants(database: Database) -> None:
    """Make a view over a public one, and let everybody read both."""
    database.execute(OWN_VIEW)
    database.execute("grant select on public.signups_so_far to public")
    database.execute("grant select on analytics.churn_summary to public")


def assert_own_view_and_grants(database: Database) -> None:
    """All of it is still there."""
    assert database.query("select users from public.signups_so_far") == [(3,)]
    granted = database.query(
        "select relname from pg_catalog.pg_class"
        " where relacl::text like '%{=r/%' or relacl::text like '%,=r/%' order by relname"
    )
    assert {("churn_summary",), ("signups_so_far",)} <= set(granted)


@pytest.mark.parametrize(
    "was",
    [
        "view analytics.signups as select 1 as signups",
        "view analytics.signups as select current_date as signup_date, '1' as signups",
        "table analytics.signups as select 1 as signups",
    ],
    ids=["view_with_other_columns", "view_with_another_type", "table"],
)
def test_what_cannot_be_replaced_is_made_anew(project: Project, was: str) -> None:
    database = project.database
    definitions = project.definitions(shorter_windows=False)
    database.execute("drop view analytics.signups")
    database.execute(f"create {was}")
    # one above the other, over what is to be dropped, and both over it
    database.execute("create view public.above as select * from analytics.signups")
    database.execute(
        "create view public.topmost as select a.signups from public.above as a, analytics.signups"
    )

    project.build(Settings())

    assert database.query("select to_regclass('public.above'), to_regclass('public.topmost')") == [
        (None, None)
    ]
    events = some_events()[:-1]
    assert_views_match(database, events, definitions, Settings(), "in place of another")


def test_a_drop_leaves_views_that_are_no_longer_over_what_is_dropped(new_project: Project) -> None:
    database = new_project.database
    for statement in (
        "create table public.kept as select 1 as users",
        "create view public.below as select * from public.kept",
        "create view public.read as select * from public.below",
        "create view public.replaced as select * from public.kept",
    ):
        database.execute(statement)
    kept = "api.Relation.create(schema='public', identifier='kept', type='table')"
    replaced = "api.Relation.create(schema='public', identifier='replaced', type='view')"
    drop = statement_of(new_project, f"postgres__drop_table({kept})")
    replace = statement_of(new_project, f"replace_view({replaced}, 'select 2 as users')")

    with database.connect() as reader, ThreadPoolExecutor() as pool:
        # the drop has found both views by now, and waits for the one that is read
        with reader.transaction():
            reader.execute("select * from public.read")
            dropping = pool.submit(database.execute, drop)
            wait_for_waiting(database, 1)
            replacing = pool.submit(database.execute, replace)
            wait_for_waiting(database, 2)
        dropping.result()
        replacing.result()

    assert database.query("select to_regclass('public.kept'), to_regclass('public.read')") == [
        (None, None)
    ]
    assert database.query("select users from public.replaced") == [(2,)]


def statement_of(project: Project, macro: str) -> str:
    """The SQL that a call of one of the project's macros gives."""
    call = f"{{{{ event_analytics.{macro} }}}}"
    [compiled] = project.run(Settings(), "compile", "--inline", call).result.results
    return str(compiled.node.compiled_code)


def wait_for_waiting(database: Database, sessions: int) -> None:
    """Wait until so many sessions wait for a lock, or for ten seconds."""
    waiting = (
        "select count(*) from pg_catalog.pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    for _ in range(100):
        if database.query(waiting) == [(sessions,)]:
            return
        time.sleep(0.1)


@contextmanager
def readers(database: Database) -> Iterator[Counter[str]]:
    """Read each public view in turn, in two sessions, for the time of a block.

    Yields:
        After the block, how many reads ended in which way: `read`, or psycopg's error.
    """
    outcomes: Counter[str] = Counter()
    ended = Event()

    def read(views: list[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        with database.connect() as connection:
            while not ended.is_set():
                for view in views:
                    try:
                        connection.execute(f"select * from {SCHEMA}.{view} limit 1").fetchall()
                    except psycopg.Error as error:
                        found[f"{type(error).__name__}: {error}"] += 1
                    else:
                        found["read"] += 1
        return found

    with ThreadPoolExecutor() as pool:
        reading = [pool.submit(read, views) for views in (list(VIEWS), list(VIEWS)[::-1])]
        try:
            yield outcomes
        finally:
            ended.set()
        for reader in reading:
            outcomes.update(reader.result())
