"""What an assistant may ask: definitions, numbers, and how a number came about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from query.catalog import Catalog, View
from query.databases.base import Database, State
from query.errors import unknown
from query.metrics.answers import Explained, Metrics, complete_until, known_delivery
from query.metrics.describe import brief, brief_query, in_full
from query.metrics.question import parse_question
from query.reports.pages import fetch_page
from query.reports.parameters import as_list, as_parameter
from query.reports.question import Question, read_question
from query.reports.values import plain
from serving.errors import HttpError, bad_request

#: Rows of an answer, unless it asks for another number, and at most: they are read word by word.
DEFAULT_ROWS = 100
MAX_ROWS = 1_000
_WORD = re.compile(r"[^\W_]+")


class Assistant:
    """Answers in JSON; everything is asked with the rights of the organisation's readers.

    Its methods raise HttpError where a question is wrong, with what could be meant.
    """

    def __init__(
        self, catalog: Catalog, metrics: Metrics | None, database: Database, *, timeout: float
    ) -> None:
        """Take what may be asked; ``timeout`` is how long a query may take, in seconds."""
        self._catalog = catalog
        self._metrics = metrics
        self._database = database
        self._timeout = timeout

    def definitions(self, search: str = "") -> dict[str, Any]:
        """Metrics, saved queries and views, or those of them in which words are, most words first.

        All of a kind where none has any of the words.
        """
        views = [
            {"name": one.name, "question": one.question, "one_row_is": one.grain}
            for one in self._catalog.views.values()
        ]
        found: dict[str, Any] = {"metrics": [], "saved_queries": [], "views": views}
        if self._metrics is not None:
            layer = self._metrics.layer
            found["metrics"] = [brief(one) for one in layer.metrics.values()]
            found["saved_queries"] = [brief_query(one) for one in layer.saved_queries.values()]
        return {kind: _matching(ones, search) for kind, ones in found.items()}

    def describe(self, name: str) -> dict[str, Any]:
        """All that is known of a metric, a saved query or a view."""
        layer = self._metrics.layer if self._metrics is not None else None
        if layer is not None and name in layer.metrics:
            return {"kind": "metric", **in_full(layer, layer.metrics[name])}
        if layer is not None and name in layer.saved_queries:
            return {"kind": "saved query", **brief_query(layer.saved_queries[name])}
        if name in self._catalog.views:
            return {"kind": "view", **_view(self._catalog.views[name])}
        names = [*(layer.metrics if layer else ()), *(layer.saved_queries if layer else ())]
        raise unknown("metric or view", name, [*names, *self._catalog.views])

    async def query_metrics(
        self, organisation: str | None, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Numbers of metrics; ``asked`` is a question as POST /v1/metrics/query takes it."""
        question = parse_question({"limit": DEFAULT_ROWS, **_given(asked)})
        _check_rows(question.limit)
        answer = await self._asking().answer(organisation, question)
        content = answer.content()
        names = [column["name"] for column in content["columns"]]
        rows = [[row[name] for name in names] for row in content.pop("rows")]
        return {
            "columns": names,
            "rows": rows,
            "note": _note(answer.truncated, answer.incomplete(), answer.last_complete_date),
            **{key: content[key] for key in content if key not in ("columns", "metrics")},
        }

    async def query_view(
        self, organisation: str | None, view: str, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Rows of a view; ``asked`` may have select, filters, sort, limit and cursor."""
        question = self._view_question(view, _given(asked))
        page = await fetch_page(self._database, organisation, question, timeout=self._timeout)
        makers = [plain(column.data_type) for column in page.columns]
        return {
            "columns": [column.name for column in page.columns],
            "rows": [
                [
                    value if maker is None else maker(value)
                    for maker, value in zip(makers, row, strict=True)
                ]
                for row in page.rows
            ],
            "one_row_is": question.view.grain,
            "next_cursor": page.next_cursor,
            "data_changed_since_first_page": page.changed,
            **_state(page.state),
            "sql": page.sql,
        }

    async def explain(self, organisation: str | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """How the numbers of a question come about: formulas, dates, what is left out, SQL."""
        given = _given(asked)
        view = given.pop("view", None)
        if view is not None:
            return await self._explain_view(organisation, str(view), given)
        metrics = self._asking()
        explained = await metrics.explain(organisation, parse_question(given))
        state = await self._database.state(organisation)
        layer = metrics.layer
        described = [in_full(layer, layer.metric(name)) for name in explained.question.metrics]
        definitions: dict[str, str] = {}
        for one in described:
            definitions |= one.pop("definitions")
            del one["group_by"]
        return {
            "metrics": described,
            "dates": _dates(explained, complete_until(state)),
            **_state(state),
            "sql": explained.sql,
            "definitions": definitions,
        }

    async def _explain_view(
        self, organisation: str | None, name: str, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        question = self._view_question(name, {**asked, "limit": 1})
        page = await fetch_page(self._database, organisation, question, timeout=self._timeout)
        return {**_view(question.view), **_state(page.state), "sql": page.sql}

    def _asking(self) -> Metrics:
        if self._metrics is None:
            raise bad_request(
                "no_metrics", "This project has no metrics.", "Ask its views: list_definitions."
            )
        return self._metrics

    def _view_question(self, name: str, asked: Mapping[str, Any]) -> Question:
        view = self._catalog.view(name)
        given: list[tuple[str, str]] = [("limit", str(asked.get("limit", DEFAULT_ROWS)))]
        given += as_list("select", asked.get("select"))
        given += as_list("sort", asked.get("sort"))
        if asked.get("cursor"):
            given.append(("cursor", str(asked["cursor"])))
        given += map(_parameter, asked.get("filters", ()))
        return read_question(view, given, default_rows=DEFAULT_ROWS, max_rows=MAX_ROWS)


def _matching(ones: list[dict[str, Any]], search: str) -> list[dict[str, Any]]:
    """Those that have words that are searched; what is called by them comes first."""
    wanted = _words(search)
    hits = [
        3 * len(wanted & _words(f"{one['name']} {one.get('label', '')}"))
        + len(wanted & _words(repr(one)))
        for one in ones
    ]
    best = [place for place, found in enumerate(hits) if found]
    return [ones[place] for place in sorted(best, key=lambda place: -hits[place])] or ones


def _words(text: str) -> set[str]:
    # shorter ones are in every sentence
    return {word for word in _WORD.findall(text.casefold()) if len(word) > 2}


def _parameter(one: object) -> tuple[str, str]:
    if not isinstance(one, Mapping) or not isinstance(one.get("field"), str):
        raise bad_request("invalid_question", "A filter is an object with field, op and value.")
    return as_parameter(one["field"], str(one.get("op", "eq")), one.get("value", True))


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was really asked: clients send null for what they leave out."""
    return {key: value for key, value in asked.items() if value is not None}


def _check_rows(limit: int) -> None:
    if limit > MAX_ROWS:
        raise bad_request(
            "invalid_question",
            f"limit is {limit}; {MAX_ROWS} is the most.",
            "Group by a longer period, filter, or ask for fewer groups.",
        )


def _note(truncated: bool, incomplete: Sequence[str], complete: date | None) -> str:
    """What a reader of the rows must know, in a sentence."""
    said = []
    if truncated:
        said.append("There are more rows: raise limit, filter, or group by a longer period.")
    if incomplete:
        listed = ", ".join(incomplete[:10])
        said.append(f"Not over yet, so compare with care: {listed} (complete up to {complete}).")
    return " ".join(said)


def _dates(explained: Explained, complete: date | None) -> dict[str, Any]:
    start, end = explained.between
    return {
        "from": start.isoformat() if start else "the first event",
        "to": end.isoformat() if end else "as_of_date",
        "by": explained.grain,
        "is_over": end is not None and complete is not None and end <= complete,
    }


def _state(state: State) -> dict[str, Any]:
    complete = complete_until(state)
    return {
        "as_of_date": state.as_of_date.isoformat() if state.as_of_date else None,
        "last_complete_date": complete.isoformat() if complete else None,
        "delivery": known_delivery(state),
    }


def _view(view: View) -> dict[str, Any]:
    return {
        "name": view.name,
        "question": view.question,
        "one_row_is": view.grain,
        "key": list(view.key),
        "columns": [
            {"name": one.name, "type": one.data_type, "description": one.description}
            for one in view.columns
        ],
        "definition": view.description,
    }


def for_model(error: HttpError) -> str:
    """A refusal in words from which a model can correct itself."""
    return f"{error.message} {error.detail}".strip()
