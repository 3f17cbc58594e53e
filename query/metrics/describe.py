"""Metrics and what groups them in words: the formula, what it counts over, what is left out."""

from __future__ import annotations

from typing import Any

from query.metrics.definitions import Metric, SavedQuery, Source
from query.metrics.layer import Layer
from query.metrics.periods import GRAINS


def brief(metric: Metric) -> dict[str, str]:
    """A metric in a list."""
    return {
        "name": metric.name,
        "label": metric.label,
        "description": " ".join(metric.description.split()),
        "formula": metric.formula,
    }


def brief_query(saved: SavedQuery) -> dict[str, Any]:
    """A saved query in a list."""
    return {
        "name": saved.name,
        "label": saved.label,
        "description": " ".join(saved.description.split()),
        "metrics": list(saved.metrics),
        "group_by": list(saved.group_by),
    }


def in_full(layer: Layer, metric: Metric) -> dict[str, Any]:
    """All that is known of a metric, and what it can be grouped by."""
    return {
        **brief(metric),
        "made_of": [_source(one) for one in metric.sources],
        "must_group_by_or_filter": list(metric.within),
        "shortest_period": metric.grain,
        "group_by": group_bys(layer, (metric.name,)),
        "definitions": {
            one.relation.name: one.relation.description
            for one in metric.sources
            if one.relation.description
        },
    }


def group_bys(layer: Layer, metrics: tuple[str, ...]) -> list[dict[str, Any]]:
    """What these metrics can be grouped by together, and filtered on."""
    found: list[dict[str, Any]] = []
    for field in layer.fields(metrics).values():
        names = [f"{field.name}__{grain}" for grain in GRAINS] if field.kind == "time" else None
        found.append(
            {
                "name": field.name,
                "type": field.data_type,
                "description": " ".join(field.description.split()),
                **({"periods": names} if names else {}),
                **({"must_group_by_or_filter": list(field.within)} if field.within else {}),
            }
        )
    return found


def _source(source: Source) -> dict[str, Any]:
    return {
        "metric": source.metric,
        "aggregation": source.aggregation,
        "over": source.relation.name,
        "is_public_view": source.relation.is_public,
        "metric_time": source.date,
        "metric_time_is": " ".join(source.date_description.split()),
        "only_rows_where": list(source.filters),
        "of_a_longer_period": "its last date" if source.last_of_period else "all of its dates",
    }
