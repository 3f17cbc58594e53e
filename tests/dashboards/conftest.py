"""A real Superset, set up once, over one organisation in PostgreSQL and a DuckDB file."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.superset.api import Superset
from deploy.superset.install import set_up
from deploy.superset.project import Project, read_project
from deploy.superset.settings import Connection, Rule, Settings
from scripts.postgres import PostgresServer
from scripts.steps import REPOSITORY
from scripts.superset import ADMINISTRATOR, free_port, prepare, serving, settings
from tests.conftest import MakeDatabase
from tests.dashboards.people import PEOPLE, Person, log_in
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

PROVIDER = REPOSITORY / ".cache" / "oidc" / "bin" / "oidc-provider-mock"
PASSWORD = "of the administrator"  # noqa: S105 (lives as long as the tests)
_READER = "of a reader"


@dataclass(frozen=True)
class Site:
    """All of it.

    Attributes:
        url: Where Superset serves.
        host: The address of the page that embeds dashboards; nobody serves it until a test does.
        provider: Where the identity provider is.
        project: What the dashboards are made from.
        settings: With which they were set up.
        embedded: The uuid of each embedded dashboard, by its slug.
        postgres: The database with the organisation acme; globex is there and not built.
        duckdb: The file with the same events in its default schemas.
    """

    url: str
    host: str
    provider: str
    project: Project
    settings: Settings
    embedded: dict[str, str]
    postgres: Database
    duckdb: Database

    def administer(self) -> Superset:
        """A session as the administrator, with a password, beside single sign-on."""
        return Superset(self.url, ADMINISTRATOR, PASSWORD)

    def log_in(self, person: Person) -> AbstractContextManager[httpx.Client]:
        """A session of somebody who came by single sign-on."""
        return log_in(self.url, person)


def events() -> str:
    """Sixty days of forty users as JSON lines: two plans, some who come back and some who do not.

    They are the same each time.
    """
    lines = []
    for day in range(60):
        for user in range(40):
            joined, stays = user % 30, 5 + 7 * (user % 9)
            if not joined <= day < joined + stays or (day * 7 + user * 11) % 3 == 0:
                continue
            for number, name in enumerate(("open", "search", "buy")[: 1 + (day + user) % 3]):
                lines.append(
                    json.dumps(
                        {
                            "event_id": f"{day}-{user}-{number}",
                            "user_id": f"user {user}",
                            "event_name": name,
                            "event_time": f"2026-{1 + day // 30:02}-{1 + day % 28:02}T"
                            f"{8 + user % 10:02}:{10 * number:02}:00Z",
                            "properties": {"appId": "web" if user % 4 else "phone"},
                        }
                    )
                )
    return "\n".join(lines)


@pytest.fixture(scope="session")
def duckdb(make_session_database: MakeDatabase) -> Database:
    """The events in a DuckDB file, with dbt's manifest beside it."""
    built = make_session_database("duckdb")
    run_loader("init", database=built, check=True)
    run_loader("append", "-", database=built, stdin=events(), check=True)
    run_dbt(*BUILD_UNTESTED, database=built, write_json=True)
    # dbt, in this process, keeps the one open that it has built
    database = make_session_database("duckdb", built)
    manifest = Path("target") / "manifest.json"
    (database.directory / manifest).parent.mkdir()
    shutil.copy(built.directory / manifest, database.directory / manifest)
    return database


@pytest.fixture(scope="session")
def postgres(make_session_database: MakeDatabase) -> Iterator[Database]:
    """The same events of acme, and a reader of each organisation."""
    database = make_session_database("postgres")
    for organisation in ("acme", "globex"):
        run_loader("init", "--org", organisation, "--roles", database=database, check=True)
        database.execute(
            f"create role test_bi_{organisation} login password '{_READER}' "
            f"in role event_reader_{organisation}"
        )
    loaded = ("append", "-", "--raw-schema", "raw_acme")
    run_loader(*loaded, database=database, stdin=events(), check=True)
    run_dbt(
        *BUILD_UNTESTED,
        database=database,
        variables={"org": "acme"},
        env={"EVENTS_READER_ROLES": "event_reader"},
    )
    yield database
    for organisation in ("acme", "globex"):
        database.execute(f"drop role test_bi_{organisation}")


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """An identity provider, whose users have groups."""
    if not PROVIDER.exists():
        pytest.fail(f"{PROVIDER} is not there: make test-dashboards installs it")
    port = free_port()
    claims = [f"--user-claims={json.dumps(person.claims())}" for person in PEOPLE]
    process = subprocess.Popen(
        [str(PROVIDER), f"--port={port}", *claims],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def site(
    duckdb: Database,
    postgres: Database,
    provider: str,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Superset with its own tables in PostgreSQL, and single sign-on."""
    port, host = free_port(), f"http://127.0.0.1:{free_port()}"
    own = f"test_superset_{port}"
    with postgres_server.connect() as connection:
        connection.execute(f"create database {own}")
    environment = settings(
        tmp_path_factory.mktemp("superset"),
        _address(postgres_server, own, postgres_server.user, postgres_server.password),
        {
            "SUPERSET_EMBEDDED_IN": host,
            "SUPERSET_GUEST_SECRET": "g" * 64,
            "SUPERSET_CACHE_SECONDS": "0",
            "SUPERSET_OIDC_URL": f"{provider}/.well-known/openid-configuration",
            "SUPERSET_OIDC_CLIENT_ID": "superset",
            "SUPERSET_OIDC_CLIENT_SECRET": "a secret",
        },
    )
    connections = tuple(
        Connection(
            organisation,
            _address(postgres_server, postgres.name, f"test_bi_{organisation}", _READER),
            f"analytics_{organisation}",
        )
        for organisation in ("acme", "globex")
    )
    wanted = Settings(
        (Connection(None, f"duckdb:///{duckdb.path}", "analytics"), *connections),
        rules=(
            Rule(
                "Viewers of acme see phones",
                "acme",
                ("data_acme",),
                ("user_segments",),
                "segment = 'first_app' and segment_value = 'phone'",
            ),
        ),
        time_range="No filter",
        embedded_in=(host,),
    )
    project = read_project(Path(duckdb.directory) / "target" / "manifest.json")
    try:
        prepare(environment, PASSWORD)
        with serving(environment, port) as url:
            with Superset(url, ADMINISTRATOR, PASSWORD) as superset:
                embedded = set_up(superset, project, wanted)
            yield Site(url, host, provider, project, wanted, embedded, postgres, duckdb)
    finally:
        postgres_server.drop_database(own)


def _address(server: PostgresServer, database: str, user: str, password: str) -> str:
    who = f"{user}:{password.replace(' ', '%20')}" if password else user
    return f"postgresql+psycopg2://{who}@/{database}?host={server.host}&port={server.port}"
