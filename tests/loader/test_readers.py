"""EVENTS_READER_ROLES: whatever roles are called, those that it names may read, and no others."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from psycopg import sql

from scripts.postgres import PostgresServer
from tests.conftest import MakeDatabase
from tests.loader.test_handing_over import drop_roles
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, DbtResult, run_dbt, run_loader

PREFIX = f"test_{uuid.uuid4().hex[:12]}"
# Each ends in the prefix, by which they are dropped.
NAMES = tuple(
    name + PREFIX
    for name in (
        *("bi-tool ", "Analysts", "analysts", "Sales, EU", 'we"ird', '"q"', "rôle 日本"),
        *("o'brien", " a b", "$readers$", "%s"),
    )
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(
    postgres_server: PostgresServer, make_session_database: MakeDatabase
) -> Iterator[Database]:
    """A database with a public view, and a role of each name."""
    database = make_session_database("postgres")
    run_loader("init", database=database, check=True)
    run_dbt(*BUILD_UNTESTED, "--select", "+signups", database=database)
    with database.connect() as connection:
        for name in NAMES:
            connection.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    yield database
    with postgres_server.connect(database.name) as connection:
        drop_roles(connection, PREFIX)


def run(database: Database, readers: str) -> DbtResult:
    return run_dbt(
        *("run", "--select", "signups"),
        database=database,
        env={"EVENTS_READER_ROLES": readers},
        check=False,
    )


def listed(*names: str) -> str:
    """A list of names in the way that the README describes."""
    return " , ".join(
        '"' + name.replace('"', '""') + '"' if "," in name or name[0] in ' "' else name
        for name in names
    )


def readers(database: Database) -> set[str]:
    rows = database.query(
        "select coalesce(rolname, 'PUBLIC') from pg_class cross join aclexplode(relacl)"
        " left join pg_roles on pg_roles.oid = grantee"
        " where pg_class.oid = 'analytics.signups'::regclass and grantee <> relowner"
    )
    return {role for (role,) in rows}


def may_use_the_schema(database: Database) -> set[str]:
    rows = database.query(
        "select rolname from pg_roles where has_schema_privilege(oid, 'analytics', 'usage')"
        f" and strpos(rolname, '{PREFIX}') > 0"
    )
    return {role for (role,) in rows}


def test_exactly_the_named_roles_may_read(built: Database) -> None:
    ended = run(built, listed(*NAMES))
    assert ended.success, ended.output
    assert readers(built) == set(NAMES)
    assert may_use_the_schema(built) == set(NAMES)

    fewer = NAMES[1], NAMES[3]  # of names that differ in case only one stays
    assert run(built, listed(*fewer)).success
    assert readers(built) == set(fewer)

    assert run(built, " ").success
    assert readers(built) == set(fewer), "without names grants stay as they are"

    assert run(built, "public").success
    assert readers(built) == {"PUBLIC"}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (NAMES[0].upper(), f"names the role '{NAMES[0].upper()}', which does not exist"),
        ('"open', "which is no list of roles"),
        ('"a" b', "which is no list of roles"),
    ],
    ids=["in_capitals", "an_open_quote", "a_word_after_a_quote"],
)
def test_a_list_that_names_no_roles_stops_the_build(
    built: Database, names: str, sentence: str
) -> None:
    before = readers(built)

    ended = run(built, names)

    assert not ended.success
    assert sentence in ended.output
    assert readers(built) == before
