"""Both engines give the same rows in every public view, from the same file of real events.

And neither reads segments for a report on all users, though one by segment has the same steps; nor
does PostgreSQL join in another way for a reader who asks for some rows only, or look the same up
again for each row.
"""

import pytest

from tests.metrics.views import PublicViews, difference
from tests.reference import VIEWS
from tests.support.databases import ENGINES, Engine

pytestmark = pytest.mark.slow

MOST_ROWS_AN_EVENT = 50

# the demo merges no ids; test_identities.py does, on both engines
WITH_ROWS = [view for view in VIEWS if view != "user_identities"]


@pytest.mark.parametrize("view", WITH_ROWS)
def test_engines_give_the_same_rows(cofacts: dict[Engine, PublicViews], view: str) -> None:
    rows = cofacts["duckdb"].rows(view)
    assert rows, "two empty views would agree too"
    found = difference(view, rows, cofacts["postgres"].rows(view), ("duckdb", "postgres"))
    assert not found, found


@pytest.mark.parametrize(
    "view",
    [
        "active_users",
        "daily_active_users",
        "daily_churn",
        "daily_sessions",
        "metric_alerts",
        "metric_anomalies",
        "stickiness",
        "user_churn",
        "user_lifecycle",
    ],
)
def test_postgres_looks_no_bound_of_dates_up_for_each_row(
    cofacts: dict[Engine, PublicViews], view: str
) -> None:
    views = cofacts["postgres"]
    events = sum(int(str(row["events"])) for row in views.rows("event_catalog"))
    # these hand on up to 16 rows an event; each such look-up reads all events again
    assert views.work(view) < MOST_ROWS_AN_EVENT * events


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "view", ["daily_active_users", "cohort_retention", "funnel_conversion", "churn_summary"]
)
def test_a_report_on_all_users_reads_no_segments(
    cofacts: dict[Engine, PublicViews], view: str, engine: Engine
) -> None:
    assert "segments" in cofacts[engine].plan(f"{view}_by_segment")
    assert "segments" not in cofacts[engine].plan(view)


@pytest.mark.parametrize(
    ("view", "condition"),
    [
        ("funnel_users", "user_id = 'one'"),
        ("funnel_users", "funnel = 'question_to_feedback' and step = 2"),
        ("funnel_conversion", "funnel = 'question_to_feedback'"),
        ("funnel_conversion_daily", "funnel = 'question_to_feedback' and is_complete"),
        ("funnel_conversion_by_segment", "funnel = 'question_to_feedback' and segment = 'one'"),
        ("cohort_retention", "retention = 'weekly_activity' and period_number = 1"),
        ("cohort_retention_by_segment", "retention = 'weekly_activity' and segment = 'one'"),
        ("churn_summary_by_segment", "churn_status = 'active' and segment = 'one'"),
    ],
)
def test_no_condition_lets_postgres_loop_where_it_should_hash(
    cofacts: dict[Engine, PublicViews], view: str, condition: str
) -> None:
    every, some = (cofacts["postgres"].plan(view, where) for where in ("true", condition))
    full_join = "'Join Type': 'Full'"
    assert every.count(full_join) > 0
    assert some.count(full_join) == every.count(full_join)
