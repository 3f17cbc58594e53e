"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.query.built import Built
from tests.query.running import Api, running
from tests.support.databases import Engine

StartServer = Callable[..., Api]


@pytest.fixture(scope="session")
def all_built(
    make_session_database: MakeDatabase, request: pytest.FixtureRequest
) -> Callable[[Engine], Built]:
    """A built database of an engine, which many tests read and none changes."""
    found: dict[Engine, Built] = {}

    def get(engine: Engine) -> Built:
        if engine not in found:
            found[engine] = Built(make_session_database(engine))
            if engine == "postgres":
                # They belong to the server, and are dropped before the database is.
                leftovers: ExitStack = request.getfixturevalue("postgres_leftovers")
                leftovers.callback(found[engine].drop_roles)
            found[engine].create()
            spare = make_session_database(engine, found[engine].database)
            found[engine] = replace(found[engine], spare=spare)
        return found[engine]

    return get


@pytest.fixture
def built(engine: Engine, all_built: Callable[[Engine], Built]) -> Built:
    """That of each engine in turn."""
    return all_built(engine)


@pytest.fixture
def own(built: Built, make_database: MakeDatabase) -> Built:
    """A copy of that, which the test may change."""
    return built.copied(make_database)


@pytest.fixture(scope="session")
def servers(all_built: Callable[[Engine], Built]) -> Iterator[Callable[[Engine], Api]]:
    """One server for each engine that many tests ask."""
    with ExitStack() as stack:
        found: dict[Engine, Api] = {}

        def get(engine: Engine) -> Api:
            if engine not in found:
                one = all_built(engine)
                found[engine] = stack.enter_context(
                    running(
                        one.database,
                        one.manifest,
                        *one.options(),
                        *("--requests-per-second", "0"),
                        env=one.asker(),
                    )
                )
            return found[engine]

        yield get


@pytest.fixture
def server(engine: Engine, servers: Callable[[Engine], Api]) -> Api:
    """A server of each engine in turn."""
    return servers(engine)


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Start servers that end with the test."""
    with ExitStack() as stack:

        def start(built: Built, *options: str, manifest: Path | None = None, **more: object) -> Api:
            return stack.enter_context(
                running(
                    built.database,
                    manifest or built.manifest,
                    *built.options(),
                    *options,
                    env=built.asker(),
                    **more,  # type: ignore[arg-type]
                )
            )

        yield start
