"""The same question, wherever it is asked, has the same answer: that of the view."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from tests.metrics_layer.conftest import EXTRA, read_answer
from tests.query.built import Built
from tests.query.metrics.asking import ask, call, graphql, rows_of, view, with_tools
from tests.query.running import Api
from tests.support.databases import REPOSITORY, Engine
from tests.support.run import process_environment

SEGMENT = "first_app"
WEEKS = 4
WEEK = "metric_time__week"
VALUE = "user_id__segment_value"

#: Numbers by what they are of.
Numbers = dict[tuple[Any, ...], tuple[Any, ...]]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A question, in the words of each way to ask it.

    Attributes:
        sql: What the view is asked, with its columns called as the metrics' answer calls them.
        report: The view, and the parameters of a URL.
        named: What a column of the view is called in an answer of metrics.
        metrics: A question as POST /v1/metrics/query takes it.
        mf: The same as `mf query` takes it.
        key: What tells the rows apart.
        numbers: What is compared.
    """

    sql: str
    report: tuple[str, Mapping[str, str]]
    named: Mapping[str, str]
    metrics: Mapping[str, Any]
    mf: tuple[str, ...]
    key: tuple[str, ...]
    numbers: tuple[str, ...]

    def numbered(self, rows: Rows) -> Numbers:
        """Rows by what tells them apart; those in which there is nobody are no difference."""
        found = {
            tuple(row[name] for name in self.key): tuple(row[name] for name in self.numbers)
            for row in rows
        }
        assert len(found) == len(rows)
        return {key: numbers for key, numbers in found.items() if any(numbers)}


def weekly_users_by_plan(built: Built) -> Question:
    """Weekly active users by segment, of the last weeks that are over.

    Of a week that is over the view has its users on its last day: `wau` looks back on seven.
    """
    sundays = [
        row["sunday"]
        for row in view(
            built,
            "select period_start + 6 as sunday from analytics.active_users "
            f"where period = 'week' and is_complete order by period_start desc limit {WEEKS}",
        )
    ]
    listed = ", ".join(f"'{sunday}'" for sunday in sundays)
    monday = "activity_date - 6"
    return Question(
        f"select {monday} as {WEEK}, segment_value as {VALUE}, wau as active_users "
        "from analytics.daily_active_users_by_segment "
        f"where segment = '{SEGMENT}' and activity_date in ({listed})",
        (
            "daily_active_users_by_segment",
            {"segment": SEGMENT, "activity_date__in": ",".join(sundays)},
        ),
        {"activity_date": WEEK, "segment_value": VALUE, "wau": "active_users"},
        {
            "metrics": ["active_users"],
            "group_by": [WEEK, VALUE],
            "filters": [{"field": "user_id__segment", "op": "eq", "value": SEGMENT}],
            "time": {"last": WEEKS},
        },
        (
            *("--metrics", "active_users", "--group-by", f"{WEEK},{VALUE}"),
            *("--where", f"{{{{ Dimension('user_id__segment') }}}} = '{SEGMENT}'"),
            *("--start-time", min(sundays), "--end-time", max(sundays)),
        ),
        (WEEK, VALUE),
        ("active_users",),
    )


def funnel_by_segment(_: Built) -> Question:
    """How many users of each value got to each step of each funnel."""
    named = {
        "funnel": "progress__funnel",
        "step": "progress__step",
        "segment": "user_id__segment",
        "segment_value": VALUE,
        "users": "funnel_step_users",
    }
    columns = ", ".join(f"{column} as {name}" for column, name in named.items())
    key = tuple(named.values())[:-1]
    return Question(
        f"select {columns} from analytics.funnel_conversion_by_segment",
        ("funnel_conversion_by_segment", {"limit": "1000"}),
        named,
        {"metrics": ["funnel_step_users"], "group_by": list(key), "limit": 1000},
        ("--metrics", "funnel_step_users", "--group-by", ",".join(key)),
        key,
        ("funnel_step_users",),
    )


def retention_triangle(_: Built) -> Question:
    """Cohorts and their periods, as far as they are over."""
    named = {
        "retention": "cell__retention",
        "cohort_start": "metric_time__day",
        "period_number": "cell__period_number",
        "cohort_users": "cohort_users",
        "retained_users": "cohort_returned_users",
        "retention_rate": "retention_rate",
    }
    columns = ", ".join(f"{column} as {name}" for column, name in named.items())
    names = tuple(named.values())
    return Question(
        f"select {columns} from analytics.cohort_retention where is_complete",
        ("cohort_retention", {"is_complete": "true", "limit": "1000"}),
        named,
        {"saved_query": "retention_triangle", "limit": 1000},
        ("--saved-query", "retention_triangle"),
        names[:3],
        names[3:],
    )


QUESTIONS = {
    "weekly_users_by_plan": weekly_users_by_plan,
    "funnel_by_segment": funnel_by_segment,
    "retention_triangle": retention_triangle,
}


def by_report(server: Api, built: Built, question: Question) -> Rows:
    del built
    name, parameters = question.report
    rows = [row for page in server.pages(name, **parameters) for row in page["rows"]]
    return [renamed(question, row) for row in rows]


def by_metrics(server: Api, built: Built, question: Question) -> Rows:
    del built
    answer = ask(server, **question.metrics)
    assert not answer["truncated"]
    rows: Rows = answer["rows"]
    return rows


def by_graphql(server: Api, built: Built, question: Question) -> Rows:
    del built
    name, parameters = question.report
    where: dict[str, dict[str, Any]] = {}
    for key, text in parameters.items():
        column, _, operator = key.partition("__")
        if column != "limit":
            value = {"true": True}.get(text, text)
            where[column] = {operator or "eq": text.split(",") if operator == "in" else value}
    type_name = "".join(part.title() for part in name.split("_"))
    query = (
        f"query ($where: {type_name}Where) {{ {name}(where: $where, limit: 1000) "
        f"{{ rows {{ {' '.join(question.named)} }} next_cursor }} }}"
    )
    page = graphql(server, query, where=where)[name]
    assert page["next_cursor"] is None
    return [renamed(question, row) for row in page["rows"]]


def by_metrics_of_graphql(server: Api, built: Built, question: Question) -> Rows:
    del built
    query = """
        query (
            $metrics: [String!], $saved_query: String, $group_by: [String!],
            $time: MetricTime, $filters: [MetricFilter!]
        ) {
            metrics(
                metrics: $metrics, saved_query: $saved_query, group_by: $group_by,
                time: $time, filters: $filters, limit: 1000
            ) { rows truncated }
        }
    """
    asked = {key: value for key, value in question.metrics.items() if key != "limit"}
    answer = graphql(server, query, **asked)["metrics"]
    assert not answer["truncated"]
    rows: Rows = answer["rows"]
    return rows


def by_assistant(server: Api, built: Built, question: Question) -> Rows:
    del built
    answer = with_tools(
        server, lambda client: call(client, "query_metrics", **{"limit": 1000, **question.metrics})
    )
    assert not answer["truncated"]
    return rows_of(answer)


def by_view_of_assistant(server: Api, built: Built, question: Question) -> Rows:
    del built
    name, parameters = question.report
    filters = []
    for key, text in parameters.items():
        column, _, operator = key.partition("__")
        if column != "limit":
            value: Any = {"true": True}.get(text, text)
            value = text.split(",") if operator == "in" else value
            filters.append({"field": column, "op": operator or "eq", "value": value})
    answer = with_tools(
        server,
        lambda client: call(client, "query_view", view=name, filters=filters, limit=1000),
    )
    assert answer["next_cursor"] is None
    return [renamed(question, row) for row in rows_of(answer)]


WAYS: dict[str, Callable[[Api, Built, Question], Rows]] = {
    "GET /v1/reports": by_report,
    "POST /v1/metrics/query": by_metrics,
    "GraphQL, a view": by_graphql,
    "GraphQL, metrics": by_metrics_of_graphql,
    "assistant, metrics": by_assistant,
    "assistant, a view": by_view_of_assistant,
}


def renamed(question: Question, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the view with the names that metrics have; a week is called by its Monday."""
    found = {name: row[column] for column, name in question.named.items()}
    if WEEK in found:
        found[WEEK] = (date.fromisoformat(found[WEEK]) - timedelta(6)).isoformat()
    return found


@pytest.fixture(params=list(QUESTIONS))
def question(request: pytest.FixtureRequest, built: Built) -> Question:
    """Each question in turn."""
    return QUESTIONS[request.param](built)


@pytest.mark.parametrize("way", list(WAYS))
def test_the_same_question_has_the_same_answer(
    server: Api, built: Built, question: Question, way: str
) -> None:
    expected = question.numbered(view(built, question.sql))
    assert len(expected) >= 3
    found = question.numbered(WAYS[way](server, built, question))
    assert found.keys() == expected.keys()
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers), key


@pytest.fixture(scope="session")
def answers_of_mf(
    all_built: Callable[[Engine], Built],
) -> Callable[[Engine, str], Rows]:
    """What `mf query` says to each question, which it is asked at once."""
    assert EXTRA.exists(), "run `make test-query`, which installs the extra"
    known: dict[Engine, Built] = {}

    def get(engine: Engine, name: str) -> Rows:
        built = all_built(engine)
        directory = built.database.directory
        if engine not in known:
            known[engine] = built
            # mf asks the project where dbt writes, and takes no option; nothing else of it is read
            (directory / "dbt_project.yml").symlink_to(REPOSITORY / "dbt_project.yml")
            asked = {one: make(built).mf for one, make in QUESTIONS.items()}
            (directory / "questions.json").write_text(json.dumps(asked))
            ended = subprocess.run(
                [
                    str(EXTRA / "python"),
                    str(REPOSITORY / "tests" / "metrics_layer" / "ask.py"),
                    "questions.json",
                    ".",
                ],
                cwd=directory,
                env=process_environment(built.database, built.asker()),
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
        return read_answer(directory / f"{name}.csv")

    return get


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_mf_query_has_the_same_answer(
    engine: Engine, built: Built, answers_of_mf: Callable[[Engine, str], Rows], name: str
) -> None:
    question = QUESTIONS[name](built)
    expected = question.numbered(view(built, question.sql))
    rows = [
        {key: value.isoformat() if isinstance(value, date) else value for key, value in one.items()}
        for one in answers_of_mf(engine, name)
    ]
    found = question.numbered(rows)
    assert found.keys() == expected.keys()
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers), key
