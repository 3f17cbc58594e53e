"""`loader init --roles`: what a login with each role may do in PostgreSQL, and what it may not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from scripts.postgres import PostgresServer
from tests.conftest import MakeDatabase
from tests.loader.test_init import EVENT, REJECTED
from tests.support.databases import Database
from tests.support.run import run_dbt, run_loader

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
        return self.database.log_in(f"{self.name(kind)}_user", PASSWORD)


@pytest.fixture(scope="module")
def roles(
    postgres_server: PostgresServer,  # noqa: ARG001 - named, so that it outlives these roles
    make_session_database: MakeDatabase,
) -> Iterator[Roles]:
    made = Roles(make_session_database("postgres"), f"test_{uuid.uuid4().hex[:12]}")
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
    drop_roles(
        made.database,
        [f"{made.name(kind)}_user" for kind in (*KINDS, "outsider")]
        + [made.name(kind) for kind in KINDS],
    )


def drop_roles(database: Database, names: list[str]) -> None:
    """Drop roles with all they own; they belong to the server and would outlive the database."""
    with database.connect() as connection:
        for name in names:
            connection.execute(f"drop owned by {name} cascade")
        for name in names:
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
    ("transformer", "create schema made_by_dbt"),
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
        drop_roles(roles.database, [roles.name(kind) for kind in KINDS])


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


def as_user(roles: Roles, kind: str) -> dict[str, str]:
    """The environment of a user with that role."""
    return {"PGUSER": f"{roles.name(kind)}_user", "PGPASSWORD": PASSWORD}


@pytest.fixture
def events_file(tmp_path: Path) -> Path:
    """Two events, one of them twice, another that conflicts with the first, and one no event."""
    plain = '{"event":"b","time":"2024-03-01T10:00:00Z","user_id":"u1"}'
    named = plain.replace("{", '{"id":"6f1d1c5e-3f83-4a44-8a37-000000000001",')
    lines = [named, plain, plain, named.replace('"b"', '"c"'), "no event"]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_the_loader_role_suffices_for_append_and_rejects(roles: Roles, events_file: Path) -> None:
    env = as_user(roles, "loader")

    first = run_loader("append", "--json", events_file, database=roles.database, env=env)
    again = run_loader("append", "--json", events_file, database=roles.database, env=env)
    rejects = run_loader("rejects", "--json", database=roles.database, env=env)

    counted = ("read", "appended", "duplicate", "conflicting", "rejected")
    assert [first.json()[name] for name in counted] == [5, 2, 1, 1, 1]
    assert [again.json()[name] for name in counted][:3] == [5, 0, 3]
    assert {"conflicting_event_id", "not_json"} <= {
        entry["reason"] for entry in rejects.json()["reasons"]
    }


@pytest.mark.parametrize("kind", ["transformer", "reader", "outsider"])
def test_other_roles_cannot_append(roles: Roles, events_file: Path, kind: str) -> None:
    before = roles.database.query("select count(*) from raw.events")

    result = run_loader("append", events_file, database=roles.database, env=as_user(roles, kind))

    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "permission denied" in result.stderr
    assert roles.database.query("select count(*) from raw.events") == before


@pytest.mark.slow
def test_the_transformer_builds_with_dbt_and_the_reader_reads(roles: Roles) -> None:
    """With `role:` in dbt's target, what it builds belongs to the role and not to the user."""
    profile = roles.database.directory / "profiles.yml"
    before = profile.read_text()
    profile.write_text(
        before.replace(
            "      type: postgres\n",
            f"      type: postgres\n      role: {roles.name('transformer')}\n",
        )
    )
    try:
        # who is no longer named by the second build is to lose what the first one granted
        for reader, command in (
            ("loader", ("build", "--select", "+daily_active_users")),
            ("reader", ("build", "--select", "daily_active_users")),
        ):
            run_dbt(
                *command,
                *("--exclude-resource-type", "test", "unit_test"),
                database=roles.database,
                env={**as_user(roles, "transformer"), "EVENTS_READER_ROLES": roles.name(reader)},
            )
    finally:
        profile.write_text(before)

    owners = roles.database.query(
        "select distinct viewowner from pg_views where viewname in"
        " ('stg_events', 'daily_active_users')"
    )
    assert owners == [(roles.name("transformer"),)]
    readers = roles.database.query(
        "select grantee from information_schema.role_table_grants"
        " where table_name = 'daily_active_users' and privilege_type = 'SELECT'"
        " and grantee <> grantor"
    )
    assert readers == [(roles.name("reader"),)]
    with roles.login("reader") as connection:
        [(active,)] = connection.execute("select max(dau) from analytics.daily_active_users")
        assert active > 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from analytics_staging.stg_events")
