"""Both engines give the same rows in every public view, from the same file of real events."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews, difference
from tests.reference import VIEWS
from tests.support.databases import ENGINES, REPOSITORY, Engine
from tests.support.run import run_dbt, run_loader

EVENTS = REPOSITORY / "examples" / "cofacts" / "events.parquet"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(make_session_database: MakeDatabase) -> Iterator[dict[Engine, PublicViews]]:
    """The project as it is, built by each engine from the example events."""
    with ExitStack() as stack:
        views: dict[Engine, PublicViews] = {}
        for engine in ENGINES:
            database = make_session_database(engine)
            run_loader("init", database=database, check=True)
            run_loader("append", EVENTS, database=database, check=True)
            for command in ("seed", "run"):
                run_dbt(command, database=database)
            views[engine] = stack.enter_context(PublicViews(database))
        yield views


@pytest.mark.parametrize("view", VIEWS)
def test_engines_give_the_same_rows(built: dict[Engine, PublicViews], view: str) -> None:
    rows = built["duckdb"].rows(view)
    assert rows, "two empty views would agree too"
    found = difference(view, rows, built["postgres"].rows(view), ("duckdb", "postgres"))
    assert not found, found
