"""What somebody builds on PostgreSQL, others who may build go on with, as the README says.

Each person is a user of their own: an analyst who sets it up, a service that builds, and a reader.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from loader.roles import BENEATH
from scripts.postgres import PostgresServer
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import event
from tests.support.databases import REPOSITORY, Database
from tests.support.run import BUILD_UNTESTED, DbtResult, LoaderResult, run_dbt, run_loader

pytestmark = pytest.mark.unusual

PASSWORD = uuid.uuid4().hex
KINDS = ("loader", "transformer", "reader")


@dataclass(frozen=True)
class People:
    """A database whose owner is the analyst, and its people, whose roles begin with a prefix."""

    database: Database
    prefix: str

    def name(self, who: str) -> str:
        """The role of that name here; it needs quotes."""
        return f"{self.prefix}-{who}"

    def env(self, who: str, **more: str) -> dict[str, str]:
        """The environment of a user."""
        return {"PGUSER": self.name(who), "PGPASSWORD": PASSWORD, **more}

    def connect(self, who: str) -> psycopg.Connection:
        """Log in."""
        return self.database.log_in(self.name(who), PASSWORD)

    def run(self, who: str, statement: str, *names: str) -> None:
        """Run a statement as a user, with roles in the places of its braces."""
        identifiers = [sql.Identifier(self.name(name)) for name in names]
        with self.connect(who) as connection:
            connection.execute(sql.SQL(statement).format(*identifiers))

    def create(self, who: str, options: str = "") -> None:
        """Let the administrator make a user."""
        self.database.execute(
            f"create role \"{self.name(who)}\" login {options} password '{PASSWORD}'"
        )

    def init(self, who: str, *options: str) -> LoaderResult:
        """Run `loader init --roles`."""
        roles = [part for kind in KINDS for part in (f"--{kind}-role", self.name(kind))]
        return run_loader(
            "init", "--roles", *roles, *options, database=self.database, env=self.env(who)
        )

    def build(
        self,
        who: str,
        *options: str,
        as_transformer: bool = False,
        check: bool = True,
        variables: Mapping[str, Any] | None = None,
    ) -> DbtResult:
        """Run `dbt build` without tests."""
        role = {"EVENTS_ROLE": f'"{self.name("transformer")}"'} if as_transformer else {}
        readers = {"EVENTS_READER_ROLES": self.name("reader")}
        return run_dbt(
            *BUILD_UNTESTED,
            *options,
            database=self.database,
            env=self.env(who, **role, **readers),
            variables=variables,
            check=check,
        )

    def owners(self) -> set[str]:
        """Who owns the schemas that dbt builds in, or anything in them."""
        rows = self.database.query(
            "select rolname from pg_roles where oid in ("
            " select nspowner from pg_namespace where starts_with(nspname, 'analytics')"
            " union select relowner from pg_class where relkind in ('r', 'v', 'm', 'p')"
            " and starts_with(relnamespace::regnamespace::text, 'analytics'))"
        )
        return {role.removeprefix(f"{self.prefix}-") for (role,) in rows}

    def views(self) -> dict[str, object]:
        """The public views, with what changes where one is made anew."""
        return dict(
            self.database.query(
                "select relname, oid from pg_class"
                " where relnamespace = 'analytics'::regnamespace and relkind = 'v'"
            )
        )


@pytest.fixture
def people(postgres_server: PostgresServer, make_database: MakeDatabase) -> Iterator[People]:
    """An empty database that the analyst owns, who may create roles."""
    made = People(make_database("postgres"), f"test_{uuid.uuid4().hex[:12]}")
    made.create("analyst", "createrole")
    made.database.execute(f'alter database {made.database.name} owner to "{made.name("analyst")}"')
    yield made
    postgres_server.drop_database(made.database.name)
    with postgres_server.connect() as connection:
        drop_roles(connection, made.prefix)


def drop_roles(connection: psycopg.Connection, prefix: str) -> None:
    """Drop all roles in whose names the prefix is, with what they own in this database."""
    found = connection.execute(
        "select rolname from pg_roles where strpos(rolname, %s) > 0", [prefix]
    ).fetchall()
    for statement in ("drop owned by {}", "drop role {}"):
        for (role,) in found:
            connection.execute(sql.SQL(statement).format(sql.Identifier(role)))


def append(people: People, who: str) -> None:
    lines = "\n".join(
        event(f"u{n}", event_name="e", event_time=f"2025-03-0{n}T12:00:00Z") for n in (1, 2)
    )
    run_loader(
        "append", "-", database=people.database, env=people.env(who), stdin=lines, check=True
    )


SOME = ("--select", "+signups", "+user_churn")


@pytest.mark.slow
def test_analyst_and_service_build_in_turn_and_the_reader_reads(people: People) -> None:
    assert people.init("analyst").exit_code == 0
    append(people, "analyst")
    kept = {"rollups": "incremental"}
    people.build("analyst", as_transformer=True, variables=kept)
    assert people.owners() == {"transformer"}
    built = people.views()
    people.run(
        "analyst",
        f"create role {{}} login password '{PASSWORD}' in role {{}}",
        "service",
        "transformer",
    )
    people.run(
        "analyst", f"create role {{}} login password '{PASSWORD}' in role {{}}", "bi", "reader"
    )
    for who, as_transformer in (("service", False), ("analyst", True)):
        people.build(who, *SOME, as_transformer=as_transformer, variables=kept)
        assert people.owners() == {"transformer"}, who
        assert people.views() == built, "views are replaced where they are"
    assert people.init("analyst").stderr.startswith("Nothing to do: ")

    with people.connect("bi") as connection:
        readable = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schemaname, viewname from pg_views"
                " where has_schema_privilege(schemaname, 'usage')"
                " and has_table_privilege(format('%I.%I', schemaname, viewname), 'select')"
                " and starts_with(schemaname, 'analytics')"
            )
        }
        for view in readable:
            connection.execute(f"select * from {view} limit 1".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from analytics_staging.stg_events")
    assert readable == {
        *(f"analytics.{view}" for view in built),
        *(f"analytics_intermediate.{name}" for name in beneath_metrics()),
    }


def beneath_metrics() -> set[str]:
    """The models that semantic models and their time spine name, but for public views."""
    named: set[str] = {"int_time_spine"}
    for path in (REPOSITORY / "models" / "semantic_layer").glob("*.yml"):
        for semantic_model in yaml.safe_load(path.read_text()).get("semantic_models", []):
            named |= set(re.findall(r"ref\('event_analytics', '(\w+)'\)", semantic_model["model"]))
    public = {path.stem for path in (REPOSITORY / "models" / "marts").rglob("*.sql")}
    assert len(named - public) >= 4
    return named - public


@pytest.mark.slow
def test_what_was_built_before_there_were_roles_is_handed_over(people: People) -> None:
    env = people.env("analyst")
    run_loader("init", database=people.database, env=env, check=True)
    append(people, "analyst")
    run_dbt(*BUILD_UNTESTED, *SOME, database=people.database, env=env)
    own = "create view analytics.mine as select signup_date from analytics.signups"
    people.run("analyst", own)
    people.create("service")
    people.create("transformer")
    people.database.execute(
        f'grant create on database {people.database.name} to "{people.name("service")}"'
    )
    people.database.execute(f'grant "{people.name("transformer")}" to "{people.name("service")}"')
    refused = people.build("service", *SOME, check=False)
    assert not refused.success
    assert f"belongs to '{people.name('analyst')}'" in refused.output
    assert "loader init --roles" in refused.output

    people.database.execute(
        f'grant "{people.name("transformer")}" to "{people.name("analyst")}" with admin option'
    )
    handed = people.init("analyst")
    assert handed.exit_code == 0, handed.stderr
    assert (
        f"Created ownership of schema analytics for {people.name('transformer')}" in handed.stderr
    )
    people.build("service", *SOME)

    assert people.owners() == {"transformer", "analyst"}
    assert people.database.query(
        "select relname from pg_class where relkind in ('r', 'v')"
        f" and relowner = '\"{people.name('analyst')}\"'::regrole"
        " and relnamespace <> 'raw'::regnamespace"
    ) == [("mine",)]
    with people.connect("analyst") as connection:
        assert connection.execute("select count(*) from analytics.mine").fetchone() == (2,)


def nothing_is_there(people: People) -> bool:
    """Whether a refusal has changed nothing."""
    schemas = people.database.query(
        "select count(*) from pg_namespace where nspname = 'raw' or nspname like 'analytics%'"
    )
    roles = people.database.query(
        f"select count(*) from pg_roles where rolname = '{people.name('loader')}'"
    )
    return bool(schemas == [(0,)] and roles == [(0,)])


def test_without_createrole_nothing_is_made(people: People) -> None:
    people.database.execute(f'alter role "{people.name("analyst")}" nocreaterole')

    result = people.init("analyst")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f'alter role "{people.name("analyst")}" createrole' in result.stderr
    assert nothing_is_there(people)


def test_who_does_not_own_the_database_is_refused(people: People) -> None:
    people.create("other", "createrole")
    people.database.execute(
        f'grant create on database {people.database.name} to "{people.name("other")}"'
    )

    result = people.init("other")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f"on database {people.database.name}" in result.stderr
    assert nothing_is_there(people)


def test_a_schema_of_somebody_else_is_refused(people: People) -> None:
    people.create("other")
    people.database.execute(f'create schema analytics authorization "{people.name("other")}"')

    result = people.init("analyst")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f"the schema analytics belongs to '{people.name('other')}'" in result.stderr
    assert people.database.query("select count(*) from pg_namespace where nspname = 'raw'") == [
        (0,)
    ]


def test_the_role_of_the_target_need_not_be_there_yet(people: People) -> None:
    roles = [part for kind in KINDS for part in (f"--{kind}-role", people.name(kind))]
    env = people.env("analyst", EVENTS_ROLE=f'"{people.name("transformer")}"')

    made = run_loader("init", "--roles", *roles, database=people.database, env=env)
    append_as_transformer = run_loader(
        "append", "-", database=people.database, env=env, stdin=event()
    )

    assert made.exit_code == 0, made.stderr
    assert append_as_transformer.exit_code == 1
    assert f"as the role '{people.name('transformer')}'" in append_as_transformer.stderr


def test_an_administrator_sets_it_up_too(people: People) -> None:
    roles = [part for kind in KINDS for part in (f"--{kind}-role", people.name(kind))]
    run_loader("init", "--roles", *roles, database=people.database, check=True)

    assert people.owners() == {"transformer"}
    assert people.init("analyst").stderr.startswith("Nothing to do: ")


def test_what_is_somebodys_own_stays(people: People) -> None:
    """Where the marts are in a schema that is there already, and in use."""
    profile = people.database.directory / "profiles.yml"
    profile.write_text(profile.read_text().replace("schema: analytics", "schema: public"))
    people.create("other")
    people.database.execute("grant create on schema public to public")
    people.run("other", "create table public.mine as select 1 as x")
    before = people.database.query("select nspowner from pg_namespace where nspname = 'public'")

    made = people.init("analyst")

    assert made.exit_code == 0, made.stderr
    assert people.database.query("select tableowner from pg_tables where tablename = 'mine'") == [
        (people.name("other"),)
    ]
    assert before == people.database.query(
        "select nspowner from pg_namespace where nspname = 'public'"
    )
    people.run("analyst", "set role {}; create view public.view as select 1 as x", "transformer")
    assert people.init("analyst").stderr.startswith("Nothing to do: ")


def test_the_schemas_are_those_of_the_project() -> None:
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    found: set[str] = set()

    def collect(settings: object) -> None:
        if isinstance(settings, dict):
            found.update([settings["+schema"]] if "+schema" in settings else [])
        for part in settings.values() if isinstance(settings, dict) else ():
            collect(part)

    collect({"models": project["models"], "seeds": project["seeds"]})
    assert found == set(BENEATH)
