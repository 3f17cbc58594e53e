"""The public views, as dbt's manifest has them: what may be asked for, and what it means.

A view is in it if its model is public and has an enforced contract, so names and types are those
that the database has; one of another project only if its columns are of the types that are here.
Nothing is looked up in a database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loader.errors import LoaderError
from query.errors import unknown

#: The project whose views these are; others may use it as a package, and have public models, too.
PROJECT = "event_analytics"
#: The generic test whose columns tell the rows of a view apart.
_KEY_TEST = "unique_grain"
#: Types that contracts name, and the spellings by which dbt's adapters know the same.
_TYPES = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double precision",
    "double precision": "double precision",
    "text": "text",
    "varchar": "text",
    "timestamp with time zone": "timestamp with time zone",
    "timestamptz": "timestamp with time zone",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view.

    ``data_type`` is bigint, boolean, date, double precision, text or timestamp with time zone.
    """

    name: str
    data_type: str
    description: str


@dataclass(frozen=True, slots=True)
class View:
    """A public view.

    Attributes:
        name: What it is called, in the database as well.
        custom_schema: What dbt appends to the target's schema for it; None for nothing.
        area: Its folder in the project, such as retention.
        description: Its doc block, as Markdown.
        question: What it answers.
        grain: What one row is, in words.
        key: The columns that tell its rows apart; empty where nobody says which.
        columns: All of its columns, in order.
    """

    name: str
    custom_schema: str | None
    area: str
    description: str
    question: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of this name; HttpError 400 that names the nearest one."""
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise unknown("column", name, names, of=f"the view {self.name}")

    def has(self, name: str) -> bool:
        """Whether there is a column of this name."""
        return any(column.name == name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All public views by name, sorted; ``generated_at`` is when dbt wrote the manifest."""

    views: Mapping[str, View]
    generated_at: str

    def view(self, name: str) -> View:
        """The view of this name; HttpError 404 that names the nearest one."""
        found = self.views.get(name)
        if found is None:
            raise unknown("view", name, self.views, status=404)
        return found


def read_catalog(manifest: Path) -> Catalog:
    """Read dbt's manifest.json.

    Raises:
        LoaderError: There is none, or it has no public view with a contract.
    """
    try:
        content = json.loads(manifest.read_bytes())
        nodes: Mapping[str, Any] = content["nodes"]
        generated_at = str(content["metadata"]["generated_at"])
    except OSError as error:
        raise LoaderError(
            f"Cannot read dbt's manifest {manifest}: {error.strerror}. Write it with: "
            "loader build, or dbt parse"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise LoaderError(f"{manifest} is no manifest of dbt: {error!r}.") from error
    keys = _keys(nodes)
    views = {
        node["name"]: _view(node, keys.get(unique_id, ()))
        for unique_id, node in nodes.items()
        if _is_public(node) and (node["package_name"] == PROJECT or _is_known(node))
    }
    if not views:
        raise LoaderError(f"{manifest} has no public view. Name the manifest of the whole project.")
    return Catalog(MappingProxyType(dict(sorted(views.items()))), generated_at)


def _is_public(node: Mapping[str, Any]) -> bool:
    config = node["config"]
    return (
        node["resource_type"] == "model"
        and config.get("access") == "public"
        and bool(config.get("contract", {}).get("enforced"))
    )


def _view(node: Mapping[str, Any], key: tuple[str, ...]) -> View:
    meta = node["config"].get("meta") or {}
    columns = tuple(
        Column(
            column["name"],
            _type(node["name"], column),
            " ".join((column.get("description") or "").split()),
        )
        for column in node["columns"].values()
    )
    return View(
        name=node["name"],
        custom_schema=node["config"].get("schema") or None,
        area=Path(node["original_file_path"]).parent.name,
        description=(node.get("description") or "").strip(),
        question=str(meta.get("question") or "").strip(),
        grain=str(meta.get("grain") or "").strip(),
        key=key,
        columns=columns,
    )


def _type(view: str, column: Mapping[str, Any]) -> str:
    written = _written(column)
    found = _TYPES.get(written)
    if found is None:
        known = ", ".join(sorted(set(_TYPES.values())))
        raise LoaderError(
            f"The column {column['name']} of the view {view} has the type {written!r}; a public "
            f"view has {known}."
        )
    return found


def _written(column: Mapping[str, Any]) -> str:
    return " ".join(str(column.get("data_type") or "").lower().split())


def _is_known(node: Mapping[str, Any]) -> bool:
    """Whether all of its columns are of types that answers can have."""
    return all(_written(column) in _TYPES for column in node["columns"].values())


def _keys(nodes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The columns by which each model's rows differ, as its key test says."""
    return {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes.values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == _KEY_TEST
        and node.get("attached_node")
    }
