"""`make test-exactness`: compare every public view with the plain reference, user after user.

Each round defines other funnels and builds the project with them; then come crowds of users. The
first difference ends the search, with definitions and a log that was made small.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click

from scripts.postgres import PostgresServer, server_from_environment
from tests.exactness.definitions import LONGEST, write_funnels
from tests.metrics.compare import differing_views, small_difference
from tests.metrics.crowds import crowd
from tests.metrics.variants import VARIANTS
from tests.metrics.views import PublicViews, copy_project
from tests.reference import VIEWS, Definitions
from tests.support.databases import (
    ENGINES,
    REPOSITORY,
    Database,
    Engine,
    new_database,
    passing_server,
)
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

SEEDS = REPOSITORY / "tests" / "metrics" / "seeds"
#: Other ones in each round, which tells more than many at once.
FUNNELS = 12


@dataclass
class Search:
    """What a search needs in every round, and what it has found.

    Attributes:
        directory: Where databases and the project lie.
        engines: What is compared with the reference.
        server: For PostgreSQL.
        users: Compared on each engine so far.
        compared: Views compared with the reference so far.
        differing: Of these, how many had other rows.
    """

    directory: Path
    engines: tuple[Engine, ...]
    server: PostgresServer | None
    users: int = 0
    compared: int = 0
    differing: int = 0
    databases: dict[tuple[Engine, str], Database] = field(default_factory=dict)

    def database(self, engine: Engine, variant: str) -> Database:
        """A database of its own for each variant, so that dbt need not parse everything again."""
        if (engine, variant) not in self.databases:
            directory = self.directory / f"{engine}-{variant}"
            directory.mkdir()
            database = new_database(engine, directory, self.server)
            run_loader("init", database=database, check=True)
            self.databases[engine, variant] = database
        return self.databases[engine, variant]


@contextmanager
def _searching(engines: tuple[Engine, ...]) -> Iterator[Search]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="event-analytics-exact-")))
        server = None
        if "postgres" in engines:
            server = server_from_environment(os.environ)
            if server is None:
                server = stack.enter_context(passing_server(directory / "server"))
        search = Search(directory, engines, server)
        try:
            yield search
        finally:
            for database in search.databases.values():
                if database.server is not None:
                    database.server.drop_database(database.name)


def _round(search: Search, random: Random, variant_name: str, users: int, crowds: int) -> bool:
    """Build with new funnels and compare; whether all views had the reference's rows."""
    variant = VARIANTS[variant_name]
    project = search.directory / "project"
    if not project.exists():
        copy_project(project, SEEDS)
    write_funnels(random, project / "seeds", FUNNELS)
    definitions = Definitions.from_seeds(project / "seeds")
    variables = variant.settings.as_dbt_vars() | {"max_funnel_steps": LONGEST}
    with ExitStack() as stack:
        engines = []
        for engine in search.engines:
            database = search.database(engine, variant_name)
            run_dbt(*BUILD_UNTESTED, database=database, variables=variables, project=project)
            engines.append(
                stack.enter_context(PublicViews(database, timezone=variant.session_timezone))
            )
        for _ in range(crowds):
            log = crowd(random, variant.instants(), users)
            found = differing_views(engines, log, definitions, variant.settings)
            search.users += users
            search.compared += len(engines) * len(VIEWS)
            search.differing += len(found)
            if found:
                click.echo(small_difference(*found[0], log, definitions, variant.settings))
                click.echo(f"with {json.dumps(variant.settings.as_dbt_vars())} and these funnels:")
                for seed in ("funnels", "funnel_steps"):
                    click.echo((project / "seeds" / f"{seed}.csv").read_text())
                return False
    return True


@click.command()
@click.option("--users", default=10_000, show_default=True, help="Users on each engine.")
@click.option("--engine", type=click.Choice([*ENGINES, "both"]), default="both")
@click.option("--seed", type=int, help="Of a search to repeat; else another one each time.")
def main(users: int, engine: str, seed: int | None) -> None:
    """Compare all public views with the plain reference; exit with 1 at the first difference."""
    # each variant has its turn, also in a short search
    crowd_users = max(1, min(2000, users // len(VARIANTS)))
    crowds = max(1, min(5, users // len(VARIANTS) // crowd_users))
    seed = int(time.time()) if seed is None else seed
    random = Random(seed)  # noqa: S311 - no secret
    engines: tuple[Engine, ...] = ENGINES if engine == "both" else (engine,)  # type: ignore[assignment]
    agree = True
    started = time.monotonic()
    with _searching(engines) as search:
        while agree and search.users < users:
            for variant in VARIANTS:
                if agree and search.users < users:
                    agree = _round(search, random, variant, crowd_users, crowds)
                    click.echo(
                        f"{search.users:,} users on {' and '.join(engines)}:"
                        f" {search.compared:,} views compared, {search.differing:,} differed"
                        f" ({time.monotonic() - started:,.0f} s, seed {seed})"
                    )
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
