"""The project built from real events."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews
from tests.support.databases import Engine
from tests.support.demo import DemoRun
from tests.support.run import run_dbt


@pytest.fixture(scope="session")
def cofacts(
    demos: dict[Engine, DemoRun], make_session_database: MakeDatabase
) -> Iterator[dict[Engine, PublicViews]]:
    """What the demo has built with each engine, in copies, which may stay open."""
    with ExitStack() as stack:
        views: dict[Engine, PublicViews] = {}
        for engine, demo in demos.items():
            database = make_session_database(engine, like=demo.database)
            run_dbt("compile", "--select", "resource_type:analysis", database=database)
            views[engine] = stack.enter_context(PublicViews(database))
        yield views
