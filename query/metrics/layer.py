"""The semantic layer of a project: what may be asked, and the SQL that answers it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from loader.errors import LoaderError
from loader.targets import Target
from query.databases.base import relation_of
from query.errors import unknown
from query.metrics import definitions
from query.metrics.conditions import VALUES, Parameter, condition, parameters
from query.metrics.definitions import METRIC_TIME, Field, Grain, Metric, Relation, SavedQuery
from query.metrics.engine import PLACE, Dialect, Engine
from query.metrics.periods import GRAINS, end_of, start_of
from query.metrics.question import Filter, Question
from serving.errors import HttpError, bad_request

_PLACES = re.compile(re.escape(PLACE).replace(r"\{\}", r"(\d+)"))
_TIME = Field(METRIC_TIME, "time", "date", "The date of each metric's own rows, see describe.")
_MOST_KEPT = 500
_BEGINS: Mapping[Grain, str] = {
    "day": "Day",
    **{grain: f"{grain.title()} from" for grain in GRAINS if grain != "day"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; ``kind`` is time, dimension or metric, ``grain`` that of a time."""

    name: str
    kind: str
    data_type: str
    label: str
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered, whoever's data it is about.

    ``sql`` has a place for each relation and value. ``between`` are the dates that it covers,
    whole periods; None where all do.
    """

    question: Question
    columns: tuple[Column, ...]
    sql: str
    values: tuple[Parameter, ...]
    between: tuple[date | None, date | None]
    grain: Grain | None


class Layer:
    """Metrics, what groups them, saved queries, and plans for questions."""

    def __init__(self, manifest: Mapping[str, Any], semantic: Mapping[str, Any], dialect: Dialect):
        """Take what dbt wrote: manifest.json and semantic_manifest.json, of one run."""
        self._relations = definitions.relations(manifest)
        self.metrics: Mapping[str, Metric] = definitions.metrics(semantic, self._relations)
        self.saved_queries: Mapping[str, SavedQuery] = definitions.saved_queries(semantic)
        self._fields = definitions.fields(semantic, self._relations)
        self._engine = Engine(semantic, dialect)
        self._sql = lru_cache(_MOST_KEPT)(self._engine.sql)
        self._group_bys = lru_cache(_MOST_KEPT)(self._engine.group_bys)

    @property
    def relations(self) -> Sequence[Relation]:
        """What metrics are made of, in the order of the places in SQL."""
        return [self._relations[name] for name in self._engine.relation_names]

    def metric(self, name: str, *, status: int = 400) -> Metric:
        """The metric of this name; HttpError of this status that names the nearest one."""
        found = self.metrics.get(name)
        if found is None:
            raise unknown("metric", name, self.metrics, status=status)
        return found

    def saved_query(self, name: str) -> SavedQuery:
        """The saved query of this name; HttpError 400 that names the nearest one."""
        found = self.saved_queries.get(name)
        if found is None:
            raise unknown("saved query", name, self.saved_queries)
        return found

    def fields(self, metrics: Sequence[str]) -> dict[str, Field]:
        """What these metrics can be grouped by together, and filtered on, by name."""
        for name in metrics:
            self.metric(name)
        found: dict[str, Field] = {}
        for name, model, element in self._group_bys(tuple(metrics)):
            if model is None:
                found[name] = _TIME
            elif not element:
                found[name] = Field(name, "entity", "text", "An id.")
            elif (model, element) not in self._own_dates(metrics):
                known = self._fields[model, element]
                way = name.removesuffix(element)
                within = tuple(f"{way}{one}" for one in known.within)
                found[name] = replace(known, name=name, within=within)
        return found

    def _own_dates(self, metrics: Sequence[str]) -> set[tuple[str, str]]:
        """Semantic models and the dates that metric_time is in them already."""
        return {(one.model, one.date) for name in metrics for one in self.metrics[name].sources}

    def expand(self, question: Question) -> Question:
        """The question with the metrics and groups of its saved query."""
        if question.saved_query is None:
            return question
        saved = self.saved_query(question.saved_query)
        return replace(question, metrics=saved.metrics, group_by=saved.group_by)

    def grain(self, question: Question) -> Grain | None:
        """The period by which a question groups time, if it does; HttpError 400 for two."""
        grains = [
            self._time(name, question.metrics)[1]
            for name in question.group_by
            if name == METRIC_TIME or name.startswith(f"{METRIC_TIME}__")
        ]
        if len(grains) > 1:
            raise bad_request("invalid_question", "A question has metric_time by one period only.")
        return grains[0] if grains else None

    def plan(self, question: Question, between: tuple[date | None, date | None]) -> Plan:
        """How to answer a question about these dates (first and last; None where it is open).

        The question is one that `expand` gave. Raises HttpError 400 where a name, a value or a
        combination is wrong, with what could be meant.
        """
        fields = self.fields(question.metrics)
        groups = [self._group(name, fields, question.metrics) for name in question.group_by]
        asked = [(self._filtered(one, fields), one) for one in question.filters]
        self._refuse_mixtures(question, [field for field, _ in groups], asked)
        grain = self.grain(question)
        between = _whole(between, grain)
        columns = (
            *(_grouped(field, time_grain) for field, time_grain in groups),
            *(
                Column(name, "metric", "number", self.metric(name).label)
                for name in question.metrics
            ),
        )
        values: list[Parameter] = []
        where: list[str] = []
        for field, one in asked:
            where.append(condition(field, one, len(values)))
            values += parameters(field, one)
        order = _order(question, columns)
        names = tuple(one.name for one in columns if one.kind != "metric")
        sql = self._sql(question.metrics, names, tuple(where), between)
        sql = f"{sql}\n{order}LIMIT {question.limit + 1}"
        return Plan(question, columns, sql, tuple(values), between, grain)

    def statement(self, plan: Plan, target: Target, organisation: str | None) -> str:
        """The plan's SQL over an organisation's relations, with $1, $2 … for its values."""
        relations = self.relations
        places = {
            str(number): relation_of(target, organisation, one.name, one.custom_schema)
            for number, one in enumerate(relations)
        }
        sql = _PLACES.sub(lambda match: places[match[1]], plan.sql)
        return VALUES.sub(lambda match: f"${int(match[1]) + 1}", sql)

    def _time(self, name: str, metrics: Sequence[str]) -> tuple[str, Grain]:
        """A time's name without its period, and the period; of none the metrics' longest."""
        for grain in GRAINS:
            if name.endswith(f"__{grain}"):
                return name.removesuffix(f"__{grain}"), grain
        grains = [self.metric(one).grain for one in metrics]
        return name, max(grains, key=GRAINS.index, default="day")

    def _group(
        self, name: str, fields: Mapping[str, Field], metrics: Sequence[str]
    ) -> tuple[Field, Grain | None]:
        """What a question groups by, and the period of a time; its field has the whole name."""
        found = fields.get(name)
        if found is not None and found.kind != "time":
            return found, None
        bare, grain = self._time(name, metrics)
        found = fields.get(bare)
        if found is None or found.kind != "time":
            raise _no_group(name, fields, metrics)
        return replace(found, name=f"{bare}__{grain}"), grain

    @staticmethod
    def _filtered(asked: Filter, fields: Mapping[str, Field]) -> Field:
        found = fields.get(asked.field)
        if found is None:
            if asked.field.startswith(METRIC_TIME):
                raise bad_request(
                    "invalid_filter", "Dates of metric_time go into time, not filters."
                )
            raise unknown("field", asked.field, fields, of="what these metrics have in common")
        if found.name == METRIC_TIME:
            raise bad_request("invalid_filter", "Dates of metric_time go into time, not filters.")
        return found

    def _refuse_mixtures(
        self,
        question: Question,
        groups: Iterable[Field],
        asked: Sequence[tuple[Field, Filter]],
    ) -> None:
        """Stop where rows would be added up of which none may be mixed with another."""
        told_apart = {field.name for field in groups}
        told_apart |= {field.name for field, one in asked if one.pins}
        needed: list[tuple[str, tuple[str, ...]]] = [
            (name, self.metric(name).within) for name in question.metrics
        ]
        needed += [(field.name, field.within) for field in (*groups, *(one for one, _ in asked))]
        for name, within in needed:
            missing = [one for one in within if one not in told_apart]
            if missing:
                raise bad_request(
                    "would_mix",
                    f"{name} would add up rows that may not be added up.",
                    f"Group by {' and '.join(missing)}, or filter on one value of each.",
                )


def _no_group(name: str, fields: Mapping[str, Field], metrics: Sequence[str]) -> HttpError:
    names = [one for one in fields if fields[one].kind != "time"]
    names += [f"{one}__{grain}" for one in fields for grain in GRAINS if fields[one].kind == "time"]
    return unknown("group", name, names, of=f"what {', '.join(metrics)} can be grouped by")


def _whole(
    between: tuple[date | None, date | None], grain: Grain | None
) -> tuple[date | None, date | None]:
    start, end = between
    if grain is None:
        return between
    return (
        None if start is None else start_of(grain, start),
        None if end is None else end_of(grain, end),
    )


def _grouped(field: Field, grain: Grain | None) -> Column:
    if grain is not None:
        return Column(field.name, "time", "date", _BEGINS[grain], grain)
    label = field.name.rpartition("__")[2].replace("_", " ").capitalize()
    return Column(field.name, "dimension", field.data_type, label)


def _order(question: Question, columns: Sequence[Column]) -> str:
    """ORDER BY, to the end by all that rows are grouped by, so that no order is left to chance."""
    names = {column.name: column for column in columns}
    order: dict[str, str] = {}
    for asked in question.order_by:
        name = asked.removeprefix("-")
        if name not in names:
            name = next((one for one in names if one.rpartition("__")[0] == name), name)
        if name not in names:
            raise unknown("column", name, names, of="the answer to order by")
        order[name] = f"{name}{' DESC' if asked.startswith('-') else ''} NULLS LAST"
    for column in columns:
        if column.kind != "metric" and column.name not in order:
            order[column.name] = f"{column.name} NULLS LAST"
    return f"ORDER BY {', '.join(order.values())}\n" if order else ""


def read_layer(manifest: Path, engine: str) -> Layer | None:
    """The semantic layer beside dbt's manifest.json; None where the project has no metrics.

    ``engine`` is that of the target.

    Raises:
        LoaderError: A file is missing, or is none of dbt's.
    """
    semantic = manifest.with_name("semantic_manifest.json")
    contents = []
    for path in (manifest, semantic):
        try:
            contents.append(json.loads(path.read_bytes()))
        except OSError as error:
            raise LoaderError(
                f"Cannot read {path}: {error.strerror}. dbt writes it: loader build, or dbt parse"
            ) from error
        except ValueError as error:
            raise LoaderError(f"{path} is no JSON of dbt: {error}.") from error
    try:
        if not contents[1]["metrics"]:
            return None
        return Layer(contents[0], contents[1], "postgres" if engine == "postgres" else "duckdb")
    except (LookupError, TypeError) as error:
        raise LoaderError(
            f"{manifest} and {semantic.name} are not of one run of dbt: {error!r}. "
            "Write both with: dbt parse"
        ) from error
