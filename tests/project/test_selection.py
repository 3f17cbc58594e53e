"""A part of the project builds by itself, in a database that has nothing else yet."""

import pytest

from tests.support.databases import Database
from tests.support.run import run_dbt, run_loader

pytestmark = [pytest.mark.slow, pytest.mark.unusual]

#: Views whose tests compare them with views that are not built here.
VIEWS = ("daily_active_users", "churn_summary", "funnel_users")


def test_views_are_built_and_tested_without_the_others(database: Database) -> None:
    run_loader("init", database=database, check=True)
    select = ["--select", *(f"+{view}" for view in VIEWS)]
    built = run_dbt("build", *select, "--exclude-resource-type", "unit_test", database=database)

    assert {built.statuses[view] for view in VIEWS} == {"success"}
    tests = [name for name, status in built.statuses.items() if status == "pass"]
    assert any(name.startswith("daily_active_users") for name in tests)
    assert not [status for status in built.statuses.values() if status in ("warn", "fail", "error")]
