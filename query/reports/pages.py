"""A page of a view: what every way to ask for its rows has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from query.catalog import Column
from query.databases.base import Database, State, relation_of
from query.reports.cursors import read_cursor, write_cursor
from query.reports.question import Question
from query.reports.statement import write_statement


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a view, with the columns that were asked for.

    ``sql`` can be run by hand, ``next_cursor`` asks for the next page, and ``changed`` says that
    the data are others than on the first one.
    """

    columns: Sequence[Column]
    rows: list[tuple[Any, ...]]
    state: State
    sql: str
    next_cursor: str | None
    changed: bool


async def fetch_page(
    database: Database, organisation: str | None, question: Question, *, timeout: float
) -> Page:
    """Rows of one page; HttpError where the database refuses."""
    view = question.view
    relation = relation_of(database.target, organisation, view.name, view.custom_schema)
    cursor = read_cursor(question)
    last = cursor.last if cursor else None
    statement = write_statement(question, relation, database.target.engine, last)
    result = await database.fetch(
        organisation,
        statement.sql,
        statement.parameters,
        timeout=timeout,
        at=cursor.state if cursor else None,
    )
    rows, state = result.rows[: question.limit], result.state
    following = None
    if len(result.rows) > question.limit:
        values = dict(zip((one.name for one in statement.columns), rows[-1], strict=True))
        first = cursor.state if cursor else state.token
        following = write_cursor(question, first, [values[s.column.name] for s in question.order])
    width = len(question.columns)
    return Page(
        question.columns,
        [row[:width] for row in rows],
        state,
        statement.for_people(),
        following,
        cursor is not None and cursor.state != state.token,
    )
