"""The one query that answers a question: names from the contract, values as parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loader.names import quoted
from loader.targets import Engine
from query.catalog import Column
from query.reports.question import Filter, Question, Sort
from query.reports.values import literal

_COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_FUNCTIONS = {"contains": "strpos({}, {}) > 0", "starts_with": "starts_with({}, {})"}
_PARAMETER = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with parameters as $1, $2 …; ``columns`` are those of its rows.

    The first ones are those that were asked for, the others are there for the next page's sake.
    """

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[Column, ...]

    def for_people(self) -> str:
        """The same with values in place of parameters, to be run by hand."""
        return _PARAMETER.sub(lambda found: literal(self.parameters[int(found[1]) - 1]), self.sql)


class _Writer:
    """Writes conditions, and collects the values that they name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.parameters: list[Any] = []

    def value(self, value: Any) -> str:
        """A parameter."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def ordered(self, column: Column) -> str:
        """A column where its order matters: texts by their code points, on every engine."""
        name = quoted(column.name)
        is_text = column.data_type == "text" and self._engine == "postgres"
        return f'{name} collate "C"' if is_text else name

    def condition(self, one: Filter) -> str:  # noqa: PLR0911 (one for each kind)
        """Rows that a filter lets through; `ne` and `not_in` also those without a value."""
        name, operator = quoted(one.column.name), one.operator
        if operator == "null":
            return f"{name} is {'null' if one.values[0] else 'not null'}"
        if operator in ("in", "not_in"):
            listed = ", ".join(self.value(value) for value in one.values)
            if not one.values:
                return "false" if operator == "in" else "true"
            if operator == "in":
                return f"{name} in ({listed})"
            return f"({name} is null or {name} not in ({listed}))"
        value = self.value(one.values[0])
        if operator in _FUNCTIONS:
            return _FUNCTIONS[operator].format(name, value)
        if operator == "ne":
            return f"({name} is null or {name} <> {value})"
        if operator == "eq":
            return f"{name} = {value}"
        return f"{self.ordered(one.column)} {_COMPARISONS[operator]} {value}"

    def after(self, order: Sequence[Sort], last: Sequence[Any]) -> str:
        """Rows that come after one that has these values."""
        branches = []
        for place, (sort, value) in enumerate(zip(order, last, strict=True)):
            if value is None:
                continue  # nothing comes after null
            equal = [
                f"{quoted(before.column.name)} is null"
                if known is None
                else f"{quoted(before.column.name)} = {self.value(known)}"
                for before, known in zip(order[:place], last[:place], strict=True)
            ]
            name, sign = self.ordered(sort.column), "<" if sort.descending else ">"
            beyond = f"{name} {sign} {self.value(value)}"
            further = f"({beyond} or {quoted(sort.column.name)} is null)"
            branches.append("(" + " and ".join([*equal, further]) + ")")
        return "(" + " or ".join(branches) + ")" if branches else "false"


def write_statement(
    question: Question, relation: str, engine: Engine, last: Sequence[Any] | None
) -> Statement:
    """The query; ``last`` has the values of `order` in the row before the first one wanted.

    It selects one row more than are asked for, which tells whether there is a next page.
    """
    writer = _Writer(engine)
    conditions = [writer.condition(one) for one in question.filters]
    if last is not None:
        conditions.append(writer.after(question.order, last))
    hidden = [sort.column for sort in question.order if sort.column not in question.columns]
    columns = (*question.columns, *hidden)
    names = ",\n    ".join(quoted(column.name) for column in columns)
    where = "\nwhere\n    " + "\n    and ".join(conditions) if conditions else ""
    order = ", ".join(
        f"{writer.ordered(sort.column)} {'desc' if sort.descending else 'asc'} nulls last"
        for sort in question.order
    )
    sql = (
        f"select\n    {names}\nfrom {relation}{where}\norder by {order}\nlimit {question.limit + 1}"
    )
    return Statement(sql, tuple(writer.parameters), columns)
