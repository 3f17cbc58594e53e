"""Answers to questions about metrics: rows, the SQL that gave them, and what they include."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from query.databases.base import Database, State
from query.metrics.conditions import Parameter
from query.metrics.definitions import Grain
from query.metrics.layer import Column, Layer, Plan
from query.metrics.periods import end_of, last_ones
from query.metrics.question import Between, Last, Question
from query.reports.values import literal

_NUMBERED = re.compile(r"\$(\d+)")

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Explained:
    """What would be asked of the database, and of which dates."""

    question: Question
    columns: tuple[Column, ...]
    sql: str
    between: tuple[date | None, date | None]
    grain: Grain | None

    def content(self) -> dict[str, Any]:
        """The same as JSON."""
        start, end = self.between
        return {
            "metrics": list(self.question.metrics),
            "columns": [
                {"name": one.name, "kind": one.kind, "type": one.data_type, "label": one.label}
                for one in self.columns
            ],
            "time": {"from": _iso(start), "to": _iso(end), "grain": self.grain},
            "sql": self.sql,
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows, and what they include.

    Attributes:
        explained: The question, and how it was answered.
        rows: Values in the order of the columns.
        truncated: Whether there are more than the question's limit.
        state: The data that were read.
    """

    explained: Explained
    rows: list[tuple[Cell, ...]]
    truncated: bool
    state: State

    @property
    def last_complete_date(self) -> date | None:
        """The last date that is over; None before the first event."""
        return complete_until(self.state)

    def incomplete(self) -> list[str]:
        """First dates of the periods in the answer that are not over."""
        place = next(
            (at for at, one in enumerate(self.explained.columns) if one.kind == "time"), None
        )
        if place is None:
            return []
        grain = self.explained.columns[place].grain
        starts = sorted({str(row[place]) for row in self.rows if row[place] is not None})
        return [
            start
            for start in starts
            if grain is not None
            and (
                self.last_complete_date is None
                or end_of(grain, date.fromisoformat(start)) > self.last_complete_date
            )
        ]

    def is_complete(self) -> bool:
        """Whether all that the answer covers is over, so that only late events change it."""
        if any(one.kind == "time" for one in self.explained.columns):
            return not self.incomplete()
        end = self.explained.between[1]
        return end is not None and (self.last_complete_date or date.min) >= end

    def content(self) -> dict[str, Any]:
        """The same as JSON."""
        names = [one.name for one in self.explained.columns]
        return {
            **self.explained.content(),
            "rows": [dict(zip(names, row, strict=True)) for row in self.rows],
            "truncated": self.truncated,
            "as_of_date": _iso(self.state.as_of_date),
            "last_complete_date": _iso(self.last_complete_date),
            "is_complete": self.is_complete(),
            "incomplete": self.incomplete(),
            "delivery": known_delivery(self.state),
        }


class Metrics:
    """Answers questions from a database. Its methods raise HttpError where one is wrong."""

    def __init__(self, layer: Layer, database: Database, *, timeout: float) -> None:
        """Take the layer, and how long a query may take, in seconds."""
        self.layer = layer
        self._database = database
        self._timeout = timeout

    async def explain(self, organisation: str | None, question: Question) -> Explained:
        """How a question would be answered now."""
        plan = await self._plan(organisation, question)
        return self._explained(organisation, plan)

    async def answer(self, organisation: str | None, question: Question) -> Answered:
        """Answer a question for an organisation; None for the default schemas."""
        plan = await self._plan(organisation, question)
        most = plan.question.limit
        result = await self._database.fetch(
            organisation,
            self.layer.statement(plan, self._database.target, organisation),
            plan.values,
            timeout=self._timeout,
            limit=most + 1,
        )
        return Answered(
            self._explained(organisation, plan),
            [_cells(plan.columns, row) for row in result.rows[:most]],
            len(result.rows) > most,
            result.state,
        )

    async def _plan(self, organisation: str | None, question: Question) -> Plan:
        expanded = self.layer.expand(question)
        # before anything is asked of the database, what can be wrong without it
        for name in expanded.metrics:
            self.layer.metric(name)
        grain = self.layer.grain(expanded)
        if isinstance(expanded.time, Last):
            state = await self._database.state(organisation)
            expanded = replace(expanded, time=_dates(expanded.time, grain, state))
        match expanded.time:
            case Between(start, end):
                between: tuple[date | None, date | None] = (start, end)
            case _:
                between = (None, None)
        return await asyncio.to_thread(self.layer.plan, expanded, between)

    def _explained(self, organisation: str | None, plan: Plan) -> Explained:
        sql = self.layer.statement(plan, self._database.target, organisation)
        return Explained(
            plan.question, plan.columns, _with_values(sql, plan.values), plan.between, plan.grain
        )


def complete_until(state: State) -> date | None:
    """The last date that is over; of older builds, which do not say, the one before the last."""
    if state.last_complete_date is None and state.as_of_date is not None:
        return state.as_of_date - timedelta(1)
    return state.last_complete_date


def _dates(last: Last, grain: Grain | None, state: State) -> Between:
    """The dates of the last periods; before the first event, some without any event."""
    until = state.as_of_date if last.running else complete_until(state)
    return Between(
        *last_ones(
            last.grain or grain or "day", last.number, until or _today(), whole=not last.running
        )
    )


def _today() -> date:
    return datetime.now(UTC).date()


def _with_values(sql: str, values: Sequence[Parameter]) -> str:
    """SQL that may be run by hand: the values stand in it as literals."""
    return _NUMBERED.sub(lambda found: literal(values[int(found[1]) - 1]), sql)


def _cells(columns: Sequence[Column], row: Sequence[Any]) -> tuple[Cell, ...]:
    return tuple(_cell(column, value) for column, value in zip(columns, row, strict=True))


def _cell(column: Column, value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | str):
        return value
    if column.kind == "time":
        return _iso(_day(value))
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _day(value: Any) -> date | None:
    """A date, of what engines make of one that is cut to its period."""
    return value.date() if isinstance(value, datetime) else value


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def known_delivery(state: State) -> Mapping[str, str] | None:
    """The latest delivery as JSON; None where it is not known."""
    if state.delivery is None:
        return None
    return {
        "delivery_id": str(state.delivery.delivery_id),
        "delivered_at": state.delivery.delivered_at.isoformat(),
    }
