"""What the semantic layer says of each metric and of what groups it; it takes no library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Node = Mapping[str, Any]
Grain = Literal["day", "week", "month", "quarter", "year"]
Kind = Literal["time", "category", "entity"]

#: The time of every metric, whatever its own date is called.
METRIC_TIME = "metric_time"
_REFERENCE = re.compile(r"\{\{\s*\w+\(\s*'([^']+)'[^}]*\)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Relation:
    """A view or table that metrics are made of.

    ``types`` has the types of those columns that a contract describes, ``columns`` what they mean.
    """

    name: str
    custom_schema: str | None
    is_public: bool
    description: str
    types: Mapping[str, str]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """What a metric adds up: an aggregation over the rows of a relation, by one of its dates.

    ``model`` is the semantic model that describes the relation.
    """

    metric: str
    model: str
    aggregation: str
    relation: Relation
    date: str
    date_description: str
    filters: tuple[str, ...]
    last_of_period: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    Attributes:
        name: Its name in questions and answers.
        label: For people.
        description: What it counts, and how it may be read.
        formula: Its metrics or aggregations, as an expression.
        sources: What it is made of, one for each metric without further parts.
        within: Names of which each must be grouped by or be one value, or numbers would mix.
        grain: The shortest period that it makes sense for.
    """

    name: str
    label: str
    description: str
    formula: str
    sources: tuple[Source, ...]
    within: tuple[str, ...]
    grain: Grain


@dataclass(frozen=True, slots=True)
class Field:
    """What metrics can be grouped by, and filtered on.

    ``within`` has names as those of a metric; ``data_type`` is one of those of a view's columns.
    """

    name: str
    kind: Kind
    data_type: str
    description: str
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A question that has a name."""

    name: str
    label: str
    description: str
    metrics: tuple[str, ...]
    group_by: tuple[str, ...]


def relations(manifest: Node) -> dict[str, Relation]:
    """What dbt builds, by the name under which its semantic manifest refers to it."""
    return {
        node["relation_name"]: Relation(
            node["name"],
            node["config"].get("schema") or None,
            node["config"].get("access") == "public",
            _text(node.get("description")),
            {
                column["name"]: column["data_type"].lower()
                for column in node["columns"].values()
                if column.get("data_type")
            },
            {
                column["name"]: _text(column.get("description"))
                for column in node["columns"].values()
            },
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node.get("relation_name")
    }


def metrics(semantic: Node, known: Mapping[str, Relation]) -> dict[str, Metric]:
    """All metrics by name, in the order of their files."""
    measures = {
        measure["name"]: (model, measure)
        for model in semantic["semantic_models"]
        for measure in model["measures"]
    }
    nodes = {node["name"]: node for node in semantic["metrics"]}
    return {
        name: Metric(
            name,
            node.get("label") or name,
            _text(node.get("description")),
            _formula(node, measures),
            tuple(_sources(name, nodes, measures, known)),
            tuple(_meta(node).get("within", ())),
            _grain(name, nodes),
        )
        for name, node in nodes.items()
    }


def fields(semantic: Node, known: Mapping[str, Relation]) -> dict[tuple[str, str], Field]:
    """Dimensions by semantic model and name; names are those without the way to the model."""
    found: dict[tuple[str, str], Field] = {}
    for model in semantic["semantic_models"]:
        relation = known[model["node_relation"]["relation_name"]]
        for node in model["dimensions"]:
            meta = _meta(node)
            column = node.get("expr") or node["name"]
            is_time = node["type"] == "time"
            found[model["name"], node["name"]] = Field(
                node["name"],
                "time" if is_time else "category",
                "date" if is_time else meta.get("data_type") or relation.types.get(column, "text"),
                _text(node.get("description")) or relation.columns.get(column, ""),
                tuple(meta.get("within", ())),
            )
    return found


def saved_queries(semantic: Node) -> dict[str, SavedQuery]:
    """All questions that have a name."""
    return {
        node["name"]: SavedQuery(
            node["name"],
            node.get("label") or node["name"],
            _text(node.get("description")),
            tuple(node["query_params"]["metrics"]),
            tuple(map(_dunder, node["query_params"]["group_by"])),
        )
        for node in semantic["saved_queries"]
    }


def _dunder(text: str) -> str:
    """``TimeDimension('metric_time', 'week')`` as a question has it: metric_time__week."""
    return "__".join(re.findall(r"'([^']+)'", text)) or text


def _formula(node: Node, measures: Mapping[str, tuple[Node, Node]]) -> str:
    parts = node["type_params"]
    if node["type"] == "ratio":
        return f"{parts['numerator']['name']} / {parts['denominator']['name']}"
    if node["type"] == "simple":
        return _aggregation(measures[parts["measure"]["name"]][1])
    return str(parts.get("expr") or node["type"])


def _aggregation(measure: Node) -> str:
    expression = measure.get("expr") or measure["name"]
    if measure["agg"] == "count_distinct":
        return f"count(distinct {expression})"
    if measure["agg"] == "sum" and expression == "1":
        return "count(*)"
    return f"{measure['agg']}({expression})"


def _sources(
    name: str,
    nodes: Mapping[str, Node],
    measures: Mapping[str, tuple[Node, Node]],
    known: Mapping[str, Relation],
) -> Iterator[Source]:
    node = nodes[name]
    if node["type"] != "simple":
        for part in _parts(node):
            yield from _sources(part["name"], nodes, measures, known)
        return
    model, measure = measures[node["type_params"]["measure"]["name"]]
    date = measure.get("agg_time_dimension") or model["defaults"]["agg_time_dimension"]
    relation = known[model["node_relation"]["relation_name"]]
    (dimension,) = (one for one in model["dimensions"] if one["name"] == date)
    yield Source(
        name,
        model["name"],
        _aggregation(measure),
        relation,
        date,
        _text(dimension.get("description")) or relation.columns.get(date, ""),
        tuple(_filters(node)),
        measure.get("non_additive_dimension") is not None,
    )


def _parts(node: Node) -> Iterable[Node]:
    parts = node["type_params"]
    if node["type"] == "ratio":
        return (parts["numerator"], parts["denominator"])
    return parts.get("metrics") or ()


def _filters(node: Node) -> Iterator[str]:
    for one in (node.get("filter") or {}).get("where_filters", ()):
        yield " ".join(_REFERENCE.sub(r"\1", one["where_sql_template"]).split())


def _grain(name: str, nodes: Mapping[str, Node]) -> Grain:
    grain: Grain = nodes[name].get("time_granularity") or "day"
    return grain


def _meta(node: Node) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = (node.get("config") or {}).get("meta") or {}
    return meta


def _text(text: str | None) -> str:
    return (text or "").strip()
