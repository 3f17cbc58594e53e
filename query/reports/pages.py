"""One page of a view: the same rows, whoever asks and in whatever way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from query.catalog import Column
from query.databases.base import Database, State, relation_of
from query.errors import HttpError, named
from query.reports.cursors import read_cursor, write_cursor
from query.reports.question import Question
from query.reports.statement import write_statement


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a view.

    Attributes:
        columns: Those that were asked for.
        rows: Their values, in the question's order.
        state: What data they are of.
        sql: The query, with values in place of parameters.
        next_cursor: Where the next page begins; None on the last one.
        changed: Whether the data are others than those of the first page.
    """

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    state: State
    sql: str
    next_cursor: str | None
    changed: bool


async def fetch_page(
    database: Database, organisation: str | None, question: Question, *, timeout: float
) -> Page:
    """The page that a question asks for; HttpError where there is none."""
    target, view = database.target, question.view
    cursor = read_cursor(question)
    relation = relation_of(target, organisation, view.name, view.custom_schema)
    statement = write_statement(question, relation, target.engine, cursor.last if cursor else None)
    try:
        result = await database.fetch(
            organisation,
            statement.sql,
            statement.parameters,
            timeout=timeout,
            at=cursor.state if cursor else None,
        )
    except HttpError as error:
        raise named(error, f"the view {view.name}") from error
    rows, first = result.rows[: question.limit], cursor.state if cursor else result.state.token
    following = None
    if len(result.rows) > question.limit:
        values = dict(zip((one.name for one in statement.columns), rows[-1], strict=True))
        following = write_cursor(
            question, first, [values[sort.column.name] for sort in question.order]
        )
    width = len(question.columns)
    if len(statement.columns) > width:
        rows = [row[:width] for row in rows]
    return Page(
        question.columns,
        rows,
        result.state,
        statement.for_people(),
        following,
        first != result.state.token,
    )
