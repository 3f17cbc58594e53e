"""Both engines give the same rows in every public view, from the same file of real events."""

import pytest

from tests.metrics.views import PublicViews, difference
from tests.reference import VIEWS
from tests.support.databases import Engine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("view", VIEWS)
def test_engines_give_the_same_rows(cofacts: dict[Engine, PublicViews], view: str) -> None:
    rows = cofacts["duckdb"].rows(view)
    assert rows, "two empty views would agree too"
    found = difference(view, rows, cofacts["postgres"].rows(view), ("duckdb", "postgres"))
    assert not found, found
