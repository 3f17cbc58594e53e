"""Both engines give the same rows in every public view, from the same file of real events.

And neither reads segments for a report on all users, though one by segment has the same steps.
"""

import pytest

from tests.metrics.views import PublicViews, difference
from tests.reference import VIEWS
from tests.support.databases import ENGINES, Engine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("view", VIEWS)
def test_engines_give_the_same_rows(cofacts: dict[Engine, PublicViews], view: str) -> None:
    rows = cofacts["duckdb"].rows(view)
    assert rows, "two empty views would agree too"
    found = difference(view, rows, cofacts["postgres"].rows(view), ("duckdb", "postgres"))
    assert not found, found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "view", ["daily_active_users", "cohort_retention", "funnel_conversion", "churn_summary"]
)
def test_a_report_on_all_users_reads_no_segments(
    cofacts: dict[Engine, PublicViews], view: str, engine: Engine
) -> None:
    assert "segments" in cofacts[engine].plan(f"{view}_by_segment")
    assert "segments" not in cofacts[engine].plan(view)
