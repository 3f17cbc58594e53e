"""`loader init --roles`: what a login with each role may do in PostgreSQL, and what it may not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from tests.conftest import MakeDatabase
from tests.loader.test_init import EVENT, REJECTED
from tests.support.databases import Database
from tests.support.run import run_loader

PASSWORD = uuid.uuid4().hex
KINDS = ("loader", "transformer", "reader")


@dataclass(frozen=True)
class Roles:
    """A database with roles of names of its own (roles belong to the whole server)."""

    database: Database
    prefix: str

    def name(self, kind: str) -> str:
        """The group role of a kind: loader, transformer or reader."""
        return f"{self.prefix}_{kind}"

    def options(self) -> list[str]:
        """The options that give `loader init` these names."""
        return [part for kind in KINDS for part in (f"--{kind}-role", self.name(kind))]

    def login(self, kind: str) -> psycopg.Connection:
        """Connect as a user who has that role and nothing else."""
        env = self.database.env()
        return psycopg.connect(
            host=env["PGHOST"],
            port=env["PGPORT"],
            dbname=self.database.name,
            user=f"{self.name(kind)}_user",
            password=PASSWORD,
            autocommit=True,
        )


@pytest.fixture(scope="module")
def roles(request: pytest.FixtureRequest) -> Iterator[Roles]:
    make_database: MakeDatabase = request.getfixturevalue("make_session_database")
    made = Roles(make_database("postgres"), f"test_{uuid.uuid4().hex[:12]}")
    run_loader("init", "--roles", *made.options(), database=made.database, check=True)
    made.database.execute(EVENT)
    made.database.execute("create view analytics.granted as select event_name from raw.events")
    made.database.execute("create view analytics.not_granted as select event_name from raw.events")
    with made.database.connect() as connection:
        connection.execute(f"grant select on analytics.granted to {made.name('reader')}")
        for kind in (*KINDS, "outsider"):
            user = f"{made.name(kind)}_user"
            connection.execute(
                sql.SQL("create role {} login password {}").format(
                    sql.Identifier(user), sql.Literal(PASSWORD)
                )
            )
            if kind != "outsider":
                connection.execute(f"grant {made.name(kind)} to {user}")
    yield made
    with made.database.connect() as connection:
        for kind in (*KINDS, "outsider"):
            names = [f"{made.name(kind)}_user"] + ([made.name(kind)] if kind in KINDS else [])
            for name in names:
                connection.execute(f"drop owned by {name}")
                connection.execute(f"drop role {name}")


ALLOWED = [
    ("loader", "select count(*) from raw.events"),
    ("loader", EVENT.replace("000000000001", "000000000009")),
    ("loader", REJECTED),
    ("loader", "insert into raw.events select * from raw.events on conflict do nothing"),
    ("loader", "create temporary table staged as select * from raw.events"),
    ("transformer", "select count(*) from raw.events"),
    ("transformer", "select count(*) from raw.rejected_events"),
    ("transformer", "create schema if not exists analytics"),
    ("transformer", "create schema analytics_staging"),
    ("transformer", "create view analytics.by_dbt as select event_name from raw.events"),
    ("reader", "select count(*) from analytics.granted"),
]
REFUSED = [
    ("loader", "update raw.events set event_name = 'x'"),
    ("loader", "delete from raw.events"),
    ("loader", "truncate raw.events"),
    ("loader", "drop table raw.events"),
    ("loader", "alter table raw.events disable trigger append_only"),
    ("loader", "create table raw.other (x int)"),
    ("loader", "create schema other"),
    ("loader", "select * from analytics.granted"),
    ("transformer", EVENT),
    ("transformer", "update raw.events set event_name = 'x'"),
    ("transformer", "delete from raw.events"),
    ("transformer", "truncate raw.events"),
    ("transformer", "create table raw.other (x int)"),
    ("transformer", "drop schema raw cascade"),
    ("reader", "select * from raw.events"),
    ("reader", "select * from raw.rejected_events"),
    ("reader", "select * from analytics.not_granted"),
    ("reader", "create view analytics.mine as select 1 as x"),
    ("reader", "create schema other"),
    ("outsider", "select * from raw.events"),
    ("outsider", "select * from raw.rejected_events"),
    ("outsider", "select * from analytics.granted"),
]


@pytest.mark.parametrize(("kind", "statement"), ALLOWED)
def test_a_role_may(roles: Roles, kind: str, statement: str) -> None:
    with roles.login(kind) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(("kind", "statement"), REFUSED)
def test_a_role_may_not(roles: Roles, kind: str, statement: str) -> None:
    with (
        roles.login(kind) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_what_one_transformer_built_another_may_replace(roles: Roles) -> None:
    with roles.login("transformer") as connection:
        connection.execute(f"set role {roles.name('transformer')}")
        connection.execute("create view analytics.shared as select event_name from raw.events")
    owner = roles.database.query(
        "select viewowner from pg_views where schemaname = 'analytics' and viewname = 'shared'"
    )
    assert owner == [(roles.name("transformer"),)]


def test_the_loader_acts_as_the_role_of_the_profile(roles: Roles) -> None:
    """`role:` of a postgres target, as dbt has it: init as the loader role may do nothing."""
    profile = roles.database.directory / "profiles.yml"
    before = profile.read_text()
    marked = before.replace(
        "      type: postgres\n", f"      type: postgres\n      role: {roles.name('loader')}\n"
    )
    assert marked != before
    profile.write_text(marked)
    try:
        result = run_loader("init", "--raw-schema", "other_raw", database=roles.database)
    finally:
        profile.write_text(before)

    assert result.exit_code == 1
    assert "permission denied" in result.stderr


def test_running_it_again_changes_nothing_and_says_so(roles: Roles) -> None:
    result = run_loader("init", "--roles", *roles.options(), database=roles.database)

    assert result.exit_code == 0
    assert result.stderr.startswith("Nothing to do: ")


def test_says_what_it_created(make_database: MakeDatabase) -> None:
    roles = Roles(make_database("postgres"), f"test_{uuid.uuid4().hex[:12]}")
    try:
        result = run_loader("init", "--roles", *roles.options(), database=roles.database)

        assert f"Created role {roles.name('reader')}\n" in result.stderr
        assert (
            f"Created privilege insert on table raw.events for {roles.name('loader')}\n"
            in result.stderr
        )
        assert "Created schema analytics\n" in result.stderr
    finally:
        with roles.database.connect() as connection:
            for kind in KINDS:
                connection.execute(f"drop owned by {roles.name(kind)}")
                connection.execute(f"drop role {roles.name(kind)}")


def test_duckdb_has_no_roles_and_says_why(make_database: MakeDatabase) -> None:
    database = make_database("duckdb")

    result = run_loader("init", "--roles", database=database)

    assert result.exit_code == 2
    assert "is a DuckDB file: it has no users" in result.stderr
    assert not database.path.exists()


def test_two_roles_of_one_name_are_refused(make_database: MakeDatabase) -> None:
    database = make_database("postgres")

    result = run_loader(
        "init", "--roles", "--reader-role", "x", "--loader-role", "x", database=database
    )

    assert result.exit_code == 2
    assert "'x' is named twice" in result.stderr
    assert database.columns("raw.events") == []
