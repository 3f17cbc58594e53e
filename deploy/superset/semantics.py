"""Metrics of dbt's semantic layer as expressions over one view, as a dataset of Superset has them.

Only those whose semantic model is a public view and whose filters name its own columns: the others
are computed from what lies below the views.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from query.catalog import View

#: How numbers are written, in d3's words.
NUMBER, RATE = "SMART_NUMBER", ".1%"
# Ratios that are shares of something; the quick ratio may be above 1.
_RATES = ("_rate", "stickiness")
_AGGREGATIONS = {
    "sum": "sum({})",
    "average": "avg({})",
    "min": "min({})",
    "max": "max({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
}
_DIMENSION = re.compile(r"\{\{\s*Dimension\('(?:\w+__)?(\w+)'\)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a dataset.

    Attributes:
        name: What charts call it.
        expression: SQL over the view's columns, an aggregate.
        label: What people read.
        description: What it counts, and what of it may not be added up.
        format: How it is written, in d3's words.
    """

    name: str
    expression: str
    label: str
    description: str
    format: str


def metrics_of(view: View, manifest: Mapping[str, Any]) -> dict[str, Metric]:
    """The semantic layer's metrics over a view, by name; `manifest` is dbt's."""
    measures = {
        measure["name"]: measure
        for model in manifest.get("semantic_models", {}).values()
        if model["node_relation"]["alias"] == view.name
        for measure in model["measures"]
    }
    defined = {metric["name"]: metric for metric in manifest.get("metrics", {}).values()}
    found: dict[str, Metric] = {}
    for name, metric in defined.items():
        expression = _expression(metric, defined, measures, view)
        if expression is not None:
            label, description = metric["label"] or name, " ".join(metric["description"].split())
            written = RATE if name.endswith(_RATES) else NUMBER
            found[name] = Metric(name, expression, label, description, written)
    return found


def kept_apart(expression: str, columns: Iterable[str]) -> str:
    """Null over rows of different definitions, such as two funnels, which nobody may add up."""
    same = " and ".join(f"min({column}) = max({column})" for column in columns)
    return f"case when {same} then {expression} end" if same else expression


def _expression(
    metric: Mapping[str, Any],
    defined: Mapping[str, Mapping[str, Any]],
    measures: Mapping[str, Mapping[str, Any]],
    view: View,
) -> str | None:
    parameters = metric["type_params"]
    if metric["type"] == "ratio":
        named = [parameters[part] for part in ("numerator", "denominator")]
        if any(one["filter"] or one["name"] not in defined for one in named):
            return None
        parts = [_expression(defined[one["name"]], defined, measures, view) for one in named]
        return None if None in parts else f"{parts[0]} * 1.0 / nullif({parts[1]}, 0)"
    if metric["type"] != "simple" or parameters["measure"]["name"] not in measures:
        return None
    return _aggregate(measures[parameters["measure"]["name"]], metric, view)


def _aggregate(measure: Mapping[str, Any], metric: Mapping[str, Any], view: View) -> str | None:
    """A measure over the rows for which the metric's filters hold."""
    templates = [
        one["where_sql_template"]
        for holder in (metric, metric["type_params"]["measure"])
        for one in (holder["filter"] or {}).get("where_filters", ())
    ]
    conditions = [_condition(template, view) for template in templates]
    if measure["agg"] not in _AGGREGATIONS or None in conditions:
        return None
    counted = measure["expr"] or measure["name"]
    if conditions:
        counted = f"case when {' and '.join(map(str, conditions))} then {counted} end"
    return _AGGREGATIONS[measure["agg"]].format(counted)


def _condition(template: str, view: View) -> str | None:
    """A filter of MetricFlow in SQL; None where it names what the view does not have."""
    if not all(view.has(name) for name in _DIMENSION.findall(template)):
        return None
    condition = " ".join(_DIMENSION.sub(r"\1", template).split())
    return None if "{{" in condition else condition
