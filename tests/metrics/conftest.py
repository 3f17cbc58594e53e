"""The project built from real events."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews
from tests.support.databases import ENGINES, REPOSITORY, Engine
from tests.support.run import run_dbt, run_loader

EVENTS = REPOSITORY / "examples" / "cofacts" / "events.parquet"


@pytest.fixture(scope="session")
def cofacts(make_session_database: MakeDatabase) -> Iterator[dict[Engine, PublicViews]]:
    """The project as it is, built by each engine from the example events."""
    with ExitStack() as stack:
        views: dict[Engine, PublicViews] = {}
        for engine in ENGINES:
            database = make_session_database(engine)
            run_loader("init", database=database, check=True)
            run_loader("append", EVENTS, database=database, check=True)
            for command in (["seed"], ["run"], ["compile", "--select", "resource_type:analysis"]):
                run_dbt(*command, database=database)
            views[engine] = stack.enter_context(PublicViews(database))
        yield views
