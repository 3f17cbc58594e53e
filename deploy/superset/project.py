"""What the dashboards are made from: dbt's manifest, and `charts.yml`, held against one another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.superset.chart import Chart
from deploy.superset.drawing import KINDS, OVER_TIME
from deploy.superset.semantics import NUMBER, RATE, Metric, kept_apart, metrics_of
from loader.errors import LoaderError
from query.catalog import Catalog, View, read_catalog
from query.errors import HttpError

CHARTS = Path(__file__).with_name("charts.yml")
# The exposure that is no dashboard here but the page that `make report` writes.
_ELSEWHERE = "report"
_NUMBER_WIDTH, _NUMBER_HEIGHT = 4, 25
_CHART_KEYS = {
    *("title", "kind", "metrics", "metric", "by", "x", "y", "from", "to", "grain", "where"),
    *("compare", "stacked", "width", "height", "only"),
}
_METRIC_KEYS = {"label", "sql", "description", "as"}
_WRITTEN = {"rate": RATE, "decimal": ",.2f", "number": NUMBER, "time": ""}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A view as charts use it.

    Attributes:
        view: Its contract.
        time: Its date, by which a dashboard's range limits it; empty where it has none.
        apart: Columns whose values are different definitions, of which a chart shows one.
        metrics: By name, the semantic layer's and those of charts.yml.
        columns: More columns by name, as SQL over the view's.
        charts: Each with the dashboards that it is on; none means all that show the view.
    """

    view: View
    time: str
    apart: tuple[str, ...]
    metrics: Mapping[str, Metric]
    columns: Mapping[str, str]
    charts: tuple[tuple[Chart, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """An exposure: its name, what it is called, what it is for, and its views in their order."""

    name: str
    title: str
    description: str
    owner: str
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """All of them; `catalog` has the views that no dashboard shows as well."""

    catalog: Catalog
    datasets: Mapping[str, Dataset]
    dashboards: tuple[Dashboard, ...] = field(default=())


def read_project(manifest: Path, charts: Path = CHARTS) -> Project:
    """Read dbt's manifest.json and charts.yml.

    Raises:
        LoaderError: One of them cannot be read, a dashboard shows a view that no chart draws, or a
            chart names what its view does not have.
    """
    catalog = read_catalog(manifest)
    content = json.loads(manifest.read_bytes())
    dashboards = tuple(_dashboards(content))
    if not dashboards:
        raise LoaderError(
            f"{manifest} has no dashboards (exposures). In a project that uses this one as a "
            "package, set its variable include_exposures to true, and run: dbt parse"
        )
    drawn: Mapping[str, Any] = yaml.safe_load(charts.read_text())
    datasets = {}
    for name in dict.fromkeys(view for dashboard in dashboards for view in dashboard.views):
        if name not in drawn:
            raise LoaderError(f"{charts} does not say how to draw the view {name}: add it there.")
        datasets[name] = _dataset(catalog.views[name], drawn[name], content, charts)
    return Project(catalog, datasets, dashboards)


def _dashboards(manifest: Mapping[str, Any]) -> Iterable[Dashboard]:
    nodes = manifest["nodes"]
    for exposure in manifest.get("exposures", {}).values():
        if exposure["type"] == "dashboard" and exposure["name"] != _ELSEWHERE:
            yield Dashboard(
                name=exposure["name"],
                title=exposure["label"] or exposure["name"],
                description=" ".join(exposure["description"].split()),
                owner=exposure["owner"].get("name") or "",
                views=tuple(nodes[node]["name"] for node in exposure["depends_on"]["nodes"]),
            )


def _dataset(
    view: View, drawn: Mapping[str, Any], manifest: Mapping[str, Any], charts: Path
) -> Dataset:
    try:
        apart = tuple(view.column(name).name for name in drawn.get("apart", ()))
        metrics = {
            name: _kept_apart(metric, apart)
            for name, metric in (metrics_of(view, manifest) | _own_metrics(drawn)).items()
        }
        time = next((c.name for c in view.columns if c.data_type == "date"), "")
        columns = dict(drawn.get("columns", {}))
        found = [
            (_chart(view, one, time, metrics, columns), frozenset(one.get("only", ())))
            for one in drawn["charts"]
        ]
    except (HttpError, LookupError, TypeError) as error:
        said = error.message if isinstance(error, HttpError) else repr(error)
        raise LoaderError(f"{charts}, {view.name}: {said}") from error
    return Dataset(view, time, apart, metrics, columns, tuple(found))


def _check_keys(one: Mapping[str, Any], known: set[str]) -> None:
    """Finds a comma that YAML took for the end of a text, too."""
    for key in one:
        if key not in known:
            raise LookupError(f"nothing reads {key!r} of {dict(one)}")


def _own_metrics(drawn: Mapping[str, Any]) -> dict[str, Metric]:
    for one in drawn.get("metrics", {}).values():
        _check_keys(one, _METRIC_KEYS)
    return {
        name: Metric(
            name,
            " ".join(one["sql"].split()),
            one["label"],
            one["description"],
            _WRITTEN[one.get("as", "number")],
        )
        for name, one in drawn.get("metrics", {}).items()
    }


def _kept_apart(metric: Metric, apart: Iterable[str]) -> Metric:
    """The metric, null over rows of several definitions, unless it chooses one by itself."""
    columns = [name for name in apart if not re.search(rf"\b{name}\b *=", metric.expression)]
    return Metric(
        metric.name,
        kept_apart(metric.expression, columns),
        metric.label,
        metric.description,
        metric.format,
    )


def _chart(
    view: View,
    one: Mapping[str, Any],
    time: str,
    metrics: Mapping[str, Metric],
    columns: Mapping[str, str],
) -> Chart:
    _check_keys(one, _CHART_KEYS)
    kind = one["kind"]
    if kind not in KINDS:
        raise LookupError(f"{one['title']}: there is no kind {kind}, there are {', '.join(KINDS)}")
    asked = [*one.get("metrics", ()), *([one["metric"]] if "metric" in one else ())]
    missing = [name for name in asked if name not in metrics]
    if missing:
        raise LookupError(f"{one['title']}: there is no metric {missing[0]}")
    by = one.get("by", ())
    by = (by,) if isinstance(by, str) else tuple(by)
    x, y = one.get("x") or one.get("from", ""), one.get("y") or one.get("to", "")
    for name in (*by, x, y):
        if name and name not in columns:
            view.column(name)
    if kind in OVER_TIME and not time:
        raise LookupError(f"{one['title']}: {view.name} has no date")
    is_number = kind == "number"
    lag, words = one.get("compare", (0, ""))
    return Chart(
        title=one["title"],
        kind=kind,
        metrics=tuple(asked),
        by=by,
        x=x,
        y=y,
        time=time,
        grain=one.get("grain", "day"),
        where=one.get("where", ""),
        lag=lag,
        lag_words=words,
        columns=tuple(column.name for column in view.columns),
        has_times=any(column.data_type.startswith("timestamp") for column in view.columns),
        is_stacked=bool(one.get("stacked")),
        format=metrics[asked[0]].format if asked else NUMBER,
        width=one.get("width", _NUMBER_WIDTH if is_number else 6),
        height=one.get("height", _NUMBER_HEIGHT if is_number else 50),
    )
