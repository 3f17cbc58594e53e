"""A small database in which everything is built, and who may ask it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import MakeDatabase
from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment, run_loader

KINDS = ("loader", "transformer", "reader")
#: Organisations, beside the default schemas.
ORGANISATIONS = ("acme",)
#: Users whose names try what lies between a URL and a table.
ODD_USERS = (
    'comma, and "quotes"',
    "'; drop table raw.events; --",
    "100 % + plus & ampersand = equals",
    "Ünïcödé 日本語 🦆",
    "line\nbreak\tand tab",
    "$1 $2 {0} %s",
    "null",
)
_START = datetime(2026, 1, 5, tzinfo=UTC)
_EVENTS = ("reply_request", "feedback_positive", "feedback_negative", "$signup")


@dataclass(frozen=True)
class Built:
    """A database with views of all events, and with those of an organisation apart.

    Attributes:
        database: The database.
        spare: A copy that nobody is connected to, to make further ones of.
        original: What it is a copy of; it is then asked by the user who owns it.
    """

    database: Database
    spare: Database | None = None
    original: Built | None = None

    @property
    def manifest(self) -> Path:
        """dbt's, of the default schemas."""
        built = self.original or self
        return built.database.directory / "target" / "manifest.json"

    def copied(self, make_database: MakeDatabase) -> Built:
        """A copy that may be changed."""
        return Built(make_database(self.database.engine, self.spare), original=self)

    def role(self, kind: str) -> str:
        """The name of a PostgreSQL role; roles belong to the server, so each test has its own."""
        return f"{self.database.name}-{kind}"

    def options(self) -> tuple[str, ...]:
        """What `query serve` is told of roles."""
        if self.original is not None:
            return ("--reader-role", "")
        return () if self.is_file else ("--reader-role", self.role("reader"))

    @property
    def is_file(self) -> bool:
        """Whether it is a DuckDB file."""
        return self.database.engine == "duckdb"

    def asker(self) -> dict[str, str]:
        """The environment of a user who may act as the readers, and do nothing else."""
        if self.is_file or self.original is not None:
            return {}
        return {"PGUSER": self.role("asker"), "PGPASSWORD": self.database.name}

    def create(self) -> None:
        """Load and build, and let the asker in."""
        for organisation in (None, *ORGANISATIONS):
            chosen = ["--org", organisation] if organisation else []
            run_loader(*self._init(), *chosen, database=self.database, check=True)
            self.append(events(organisation or "us"), organisation)
        self.build()
        for organisation in ORGANISATIONS:
            self._build_signups(organisation)
        if not self.is_file:
            self._let_ask()

    def append(self, listed: Sequence[Mapping[str, Any]], organisation: str | None = None) -> None:
        """Append events."""
        schema = f"raw_{organisation}" if organisation else "raw"
        lines = "".join(json.dumps(one) + "\n" for one in listed)
        options = ("--raw-schema", schema, "-")
        run_loader("append", *options, database=self.database, stdin=lines, check=True)

    def build(self, *options: str) -> None:
        """Build by a process of its own; one in this would keep the DuckDB file."""
        directory = self.database.directory
        roleless = self.is_file or self.original is not None
        reader = {} if roleless else {"EVENTS_READER_ROLES": self.role("reader")}
        ended = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("dbt")), "build", *options),
                *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
                *("--target-path", str(directory / "target")),
                *("--log-path", str(directory / "logs"), "--vars", "rollups: incremental"),
            ],
            cwd=REPOSITORY,
            env=process_environment(self.database, reader),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def _build_signups(self, organisation: str) -> None:
        """One view of an organisation, as a build makes it but for its SQL: dbt takes a minute."""
        schema = f"analytics_{organisation}"
        with closing(self.database.connect()) as connection:
            if self.is_file:
                connection.execute(f"create schema {schema}")
            else:
                connection.execute(f'set role "{self.role("transformer")}"')
            connection.execute(
                f"create view {schema}.signups as select cast(event_time as date) as signup_date, "
                f"count(*) as signups from raw_{organisation}.events group by 1"
            )

    def drop_roles(self) -> None:
        """Drop the roles and what is theirs; nothing where there are none."""
        if self.is_file:
            return
        assert self.database.server is not None
        names = [row[0] for row in self.database.query(_ROLES, [f"{self.database.name}-"])]
        for statement in ("drop owned by {} cascade", "drop role {}"):
            for name in names:
                self.database.execute(statement.format(f'"{name}"'))

    def _init(self) -> list[str]:
        if self.is_file:
            return ["init"]
        options = [(f"--{kind}-role", self.role(kind)) for kind in KINDS]
        return ["init", "--roles", *(part for option in options for part in option)]

    def _let_ask(self) -> None:
        readers = [self.role("reader"), *(f"{self.role('reader')}_{o}" for o in ORGANISATIONS)]
        asker = f'"{self.role("asker")}"'
        self.database.execute(f"create role {asker} login password '{self.database.name}'")
        for reader in readers:
            self.database.execute(f'grant "{reader}" to {asker}')
        self.database.execute(f"grant usage on schema raw to {asker}")
        self.database.execute(f"grant usage on schema analytics_intermediate to {asker}")
        for table in ("raw.deliveries", "analytics_intermediate.kept_deliveries"):
            self.database.execute(f"grant select on {table} to {asker}")


_ROLES = "select rolname from pg_roles where starts_with(rolname, %s) order by rolname"


def events(seed: str, number: int = 400, users: int = 40) -> list[dict[str, Any]]:
    """Some weeks of events, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    names = [*ODD_USERS, *(f"{seed}-{number}" for number in range(users))]
    listed = []
    for number_of_event in range(number):
        user = names[number_of_event % len(names)] if seed == "us" else chance.choice(names[7:])
        moment = _START + timedelta(seconds=chance.randrange(40 * 86_400))
        listed.append(
            event(user, chance.choice(_EVENTS), moment, chance.choice(("web", "app", "")))
        )
    return listed


def event(user: str, name: str, moment: datetime, app: str = "web") -> dict[str, Any]:
    """One event."""
    text = f"{user}{name}{moment}"
    return {
        "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, text)),
        "event_name": name,
        "event_time": moment.isoformat(),
        "user_id": user,
        "properties": {"appId": app} if app else {},
    }
