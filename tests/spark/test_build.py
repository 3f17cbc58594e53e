"""dbt builds the whole project on Spark: models, contracts, comments, data and unit tests."""

from __future__ import annotations

import pytest

from tests.metrics.views import PublicViews, difference
from tests.spark.sessions import SparkDatabase, with_rows
from tests.support.run import DbtResult

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_every_model_test_and_unit_test_succeeds(built: DbtResult) -> None:
    others = {
        name: status
        for name, status in built.statuses.items()
        if status not in ("success", "pass", "warn", "no-op")
    }
    assert others == {}
    assert built.success
    assert len(built.statuses) > 300


@pytest.mark.parametrize("view", with_rows())
def test_a_view_has_the_rows_that_duckdb_gives(
    built: DbtResult,  # noqa: ARG001 (what makes them)
    spark: SparkDatabase,
    reference_views: PublicViews,
    view: str,
) -> None:
    expected = reference_views.rows(view)
    assert expected, "two empty views would agree too"
    found = difference(view, expected, spark.view(view), ("duckdb", "spark"))
    assert not found, found


def test_views_and_columns_have_their_comments(
    built: DbtResult,  # noqa: ARG001 (what makes them)
    spark: SparkDatabase,
) -> None:
    described = {row[0]: row[2] for row in spark.query("describe analytics.daily_active_users")}
    assert described["dau"] == "Distinct users active on the date."
    assert all(described.values())
    [(_, text, *_)] = [
        row
        for row in spark.query("describe extended analytics.daily_active_users")
        if row[0] == "Comment"
    ]
    assert text
