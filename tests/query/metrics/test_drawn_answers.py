"""The report's page and Superset's charts have the numbers that every other way to ask gives."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.superset.project import read_project
from report.queries import PERIODS
from tests.query.built import Built
from tests.query.metrics.asking import by, view
from tests.query.metrics.test_same_answers import (
    QUESTIONS,
    SEGMENT,
    WEEK,
    Question,
    Rows,
    renamed,
)
from tests.support.databases import REPOSITORY, Engine
from tests.support.run import process_environment

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="session")
def pages(all_built: Callable[[Engine], Built]) -> Callable[[Engine], dict[str, Any]]:
    """What the page of each engine holds: its tables by name, as columns."""
    known: dict[Engine, dict[str, Any]] = {}

    def get(engine: Engine) -> dict[str, Any]:
        if engine not in known:
            built = all_built(engine)
            known[engine] = _tables(built, built.database.directory / "report.html")
        return known[engine]

    return get


def _tables(built: Built, page: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "report", "--target", built.database.engine, "--output", str(page)],
        cwd=REPOSITORY,
        env=process_environment(built.database, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (text,) = _DATA.findall(page.read_text(encoding="utf-8"))
    tables: dict[str, Any] = json.loads(text)["tables"]
    return tables


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_the_page_has_the_same_answer(
    engine: Engine, built: Built, pages: Callable[[Engine], dict[str, Any]], name: str
) -> None:
    question = QUESTIONS[name](built)
    expected = question.numbered(view(built, question.sql))
    if name == "retention_triangle":
        # as many periods as fit on a page
        expected = {key: numbers for key, numbers in expected.items() if key[2] <= PERIODS}
    found = question.numbered(_rows(question, pages(engine)))
    assert len(expected) >= 3
    assert found == {key: pytest.approx(numbers) for key, numbers in expected.items()}


def _rows(question: Question, tables: dict[str, Any]) -> Rows:
    """The rows of the question's view that the page holds; no value is one of all others here."""
    columns = tables[question.report[0]]
    listed = zip(*columns.values(), strict=True)
    rows = [dict(zip(columns, values, strict=True)) for values in listed]
    assert not any(row.get("is_other") for row in rows)
    if "is_complete" in columns:
        rows = [row for row in rows if row["is_complete"]]
    if WEEK in question.key:
        dates = question.report[1]["activity_date__in"].split(",")
        rows = [row for row in rows if row["segment"] == SEGMENT and row["activity_date"] in dates]
    return [renamed(question, row) for row in rows]


def chart(built: Built, name: str, metrics: tuple[str, ...], by_: tuple[str, ...]) -> Rows:
    """What a chart of Superset asks: its dataset's metrics, grouped."""
    dataset = read_project(built.manifest).datasets[name]
    columns = ", ".join(by_)
    numbers = ", ".join(f"{dataset.metrics[one].expression} as {one}" for one in metrics)
    return view(built, f"select {columns}, {numbers} from analytics.{name} group by {columns}")


def test_charts_by_segment_have_the_same_weeks(built: Built) -> None:
    question = QUESTIONS["weekly_users_by_plan"](built)
    dates = question.report[1]["activity_date__in"].split(",")
    shown = chart(
        built,
        "daily_active_users_by_segment",
        ("segment_wau",),
        ("segment", "segment_value", "activity_date"),
    )
    rows = [
        renamed(question, row | {"wau": row["segment_wau"]})
        for row in shown
        if row["segment"] == SEGMENT and row["activity_date"] in dates
    ]
    expected = question.numbered(view(built, question.sql))
    assert question.numbered(rows) == {
        key: pytest.approx(numbers) for key, numbers in expected.items()
    }


def test_charts_of_funnels_by_segment_have_the_same_shares(built: Built) -> None:
    key = ("funnel", "step", "segment", "segment_value")
    shown = by(chart(built, "funnel_conversion_by_segment", ("segment_conversion",), key), *key)
    question = QUESTIONS["funnel_by_segment"](built)
    users = question.numbered(view(built, question.sql))
    assert len(users) >= 3
    for (funnel, step, *value), (number,) in users.items():
        (first,) = users[funnel, 1, *value]
        share = shown[funnel, step, *value]["segment_conversion"]
        assert share == pytest.approx(number / first)


def test_charts_of_retention_have_the_same_triangle(built: Built) -> None:
    question = QUESTIONS["retention_triangle"](built)
    shown = chart(
        built,
        "cohort_retention",
        ("cohort_users", "cohort_returned_users", "retention_rate"),
        ("retention", "cohort_start", "period_number"),
    )
    rows = [
        renamed(question, row | {"retained_users": row["cohort_returned_users"]}) for row in shown
    ]
    expected = question.numbered(view(built, question.sql))
    assert question.numbered(rows) == {
        key: pytest.approx(numbers) for key, numbers in expected.items()
    }
