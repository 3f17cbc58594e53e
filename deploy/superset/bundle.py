"""The bundle that Superset's assets API takes: databases, datasets, charts and dashboards.

Everything has a uuid made of its name, so that a later bundle changes what an earlier one made.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import yaml

from deploy.superset.drawing import draw
from deploy.superset.layout import Placed, filters, position
from deploy.superset.project import Dashboard, Dataset, Project
from deploy.superset.settings import Connection, Settings

_SPACE = uuid.UUID("7f0c1f5e-3d0a-5c5e-9d0f-6f1f0f2d4c11")
_VERSION = "1.0.0"
# Superset reads this in place of a password, which comes beside the bundle.
_MASK = "X" * 10
_TYPES = {
    "date": "DATE",
    "bigint": "BIGINT",
    "double precision": "DOUBLE PRECISION",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
}
_TIMES = ("date", "timestamp with time zone")
_USER = "user_id"
# A DuckDB file is only read, and nothing else of the machine is.
_READ_ONLY = {"read_only": True, "config": {"enable_external_access": "false"}}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files by name, and the passwords that they do not hold, by the file of the database."""

    files: dict[str, dict[str, Any]]
    passwords: dict[str, str]

    def zipped(self) -> bytes:
        """One archive; the same for the same content."""
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
                archive.writestr(zipfile.ZipInfo(f"bundle/{name}"), text)
        return written.getvalue()


def key_of(*words: str) -> str:
    """The uuid of what has this name, always the same."""
    return str(uuid.uuid5(_SPACE, "/".join(words)))


def slug_of(connection: Connection, dashboard: Dashboard) -> str:
    """The last part of a dashboard's address."""
    name = dashboard.name.replace("_", "-")
    return f"{connection.organisation}-{name}" if connection.organisation else name


def shown(project: Project, settings: Settings) -> dict[str, Dataset]:
    """The datasets that dashboards show, without lists of users where these are not wanted."""
    return {
        name: dataset
        for name, dataset in project.datasets.items()
        if settings.user_lists or not dataset.view.has(_USER)
    }


def make_bundle(project: Project, settings: Settings) -> Bundle:
    """The dashboards of a project for each connection of the settings."""
    bundle = Bundle(
        {
            "metadata.yaml": {
                "version": _VERSION,
                "type": "assets",
                "timestamp": "2026-01-01T00:00:00+00:00",
            }
        },
        {},
    )
    datasets = shown(project, settings)
    for connection in settings.connections:
        _add_database(bundle, connection)
        for dataset in datasets.values():
            name = f"datasets/{connection.name}/{dataset.view.name}.yaml"
            bundle.files[name] = _dataset(connection, dataset)
        for dashboard in project.dashboards:
            placed = sorted(
                _placed(connection, dashboard, datasets), key=lambda one: one.chart.kind != "number"
            )
            for one in placed:
                name = f"charts/{connection.name}_{one.uuid}.yaml"
                bundle.files[name] = _chart(one)
            name = f"dashboards/{connection.name}_{dashboard.name}.yaml"
            bundle.files[name] = _dashboard(connection, dashboard, placed, settings)
    return bundle


def _add_database(bundle: Bundle, connection: Connection) -> None:
    name = f"databases/{connection.name}.yaml"
    parts = urlsplit(connection.uri)
    uri = connection.uri
    if parts.password is not None:
        bundle.passwords[name] = unquote(parts.password)
        place = parts.netloc.replace(f":{parts.password}@", f":{_MASK}@")
        uri = urlunsplit(parts._replace(netloc=place))
    bundle.files[name] = {
        "database_name": connection.name,
        "sqlalchemy_uri": uri,
        "cache_timeout": None,
        # A file has no users: whoever may write SQL there reads every organisation.
        "expose_in_sqllab": not (connection.is_duckdb and connection.organisation),
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {
            "engine_params": {"connect_args": _READ_ONLY} if connection.is_duckdb else {},
            "metadata_params": {},
            "metadata_cache_timeout": {},
            "schemas_allowed_for_csv_upload": [],
            "allows_virtual_table_explore": False,
        },
        "uuid": key_of(connection.name),
        "version": _VERSION,
    }


def _dataset(connection: Connection, dataset: Dataset) -> dict[str, Any]:
    view = dataset.view
    columns = [
        {
            "column_name": column.name,
            "description": column.description,
            "type": _TYPES[column.data_type],
            "is_dttm": column.data_type in _TIMES,
            "is_active": True,
            "groupby": True,
            "filterable": True,
        }
        for column in view.columns
    ]
    columns += [
        {
            "column_name": name,
            "expression": expression,
            "type": "VARCHAR",
            "is_dttm": False,
            "is_active": True,
            "groupby": True,
            "filterable": True,
        }
        for name, expression in dataset.columns.items()
    ]
    metrics = [
        {
            "metric_name": metric.name,
            "verbose_name": metric.label,
            "expression": metric.expression,
            "description": metric.description,
            "d3format": metric.format or None,
            "metric_type": None,
        }
        for metric in dataset.metrics.values()
    ]
    return {
        "table_name": view.name,
        "schema": connection.schema,
        "description": f"{view.question}\n\nOne row per {view.grain}.\n\n{view.description}",
        "main_dttm_col": dataset.time or None,
        "filter_select_enabled": True,
        "columns": columns,
        "metrics": metrics,
        "uuid": key_of(connection.name, view.name),
        "database_uuid": key_of(connection.name),
        "version": _VERSION,
    }


def _placed(
    connection: Connection, dashboard: Dashboard, datasets: dict[str, Dataset]
) -> Iterator[Placed]:
    for view in dashboard.views:
        if view not in datasets:
            continue
        dataset = datasets[view]
        for chart, only in dataset.charts:
            if not only or dashboard.name in only:
                yield Placed(
                    chart=chart,
                    uuid=key_of(connection.name, view, "chart", chart.title),
                    dataset=key_of(connection.name, view),
                    apart=dataset.apart,
                    has_time=bool(chart.time),
                )


def _chart(one: Placed) -> dict[str, Any]:
    viz_type, parameters, query = draw(one.chart)
    context = {
        "datasource": {},
        "force": False,
        "queries": [query],
        "form_data": {**parameters, "force": False},
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": one.chart.title,
        "viz_type": viz_type,
        "params": parameters,
        "query_context": json.dumps(context),
        "cache_timeout": None,
        "uuid": one.uuid,
        "dataset_uuid": one.dataset,
        "version": _VERSION,
    }


def _dashboard(
    connection: Connection, dashboard: Dashboard, placed: list[Placed], settings: Settings
) -> dict[str, Any]:
    of = f" ({connection.organisation})" if connection.organisation else ""
    title = f"{dashboard.title}{of}"

    def key(name: str) -> str:
        return key_of(connection.name, dashboard.name, "filter", name)

    return {
        "dashboard_title": title,
        "description": dashboard.description,
        "slug": slug_of(connection, dashboard),
        "css": "",
        "published": True,
        "certified_by": dashboard.owner,
        "certification_details": "Made from models/exposures.yml; the next set-up replaces changes",
        "uuid": key_of(connection.name, "dashboard", dashboard.name),
        "position": position(title, dashboard.description, placed),
        "metadata": {
            "refresh_frequency": 0,
            "expanded_slices": {},
            "timed_refresh_immune_slices": [],
            "cross_filters_enabled": False,
            "color_scheme": "supersetColors",
            "native_filter_configuration": filters(placed, settings.time_range, key),
        },
        "version": _VERSION,
    }
