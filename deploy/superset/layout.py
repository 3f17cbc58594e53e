"""A dashboard's page: its charts in rows of twelve columns, and the filters at its side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.superset.drawing import Chart

Parts = dict[str, Any]

_COLUMNS = 12
_WORDS = {"period": "Day, week or month", "retention": "Retention", "funnel": "Funnel"}
#: What a filter is set to at first, where it is not the first value that there is.
_FIRST = {"period": "week", "retention": "weekly_activity"}
# Columns that each chart tells apart along an axis, by colour or by row.
_BY_THEMSELVES = ("step", "period_number", "period_start", "segment_value")


@dataclass(frozen=True, slots=True)
class Placed:
    """A chart on a dashboard.

    Attributes:
        chart: What it is.
        uuid: Superset's name for it.
        dataset: The uuid of its dataset.
        apart: Columns of which it shows one value.
        has_time: Whether a range of dates limits it.
    """

    chart: Chart
    uuid: str
    dataset: str
    apart: tuple[str, ...]
    has_time: bool


def position(title: str, description: str, placed: Sequence[Placed]) -> Parts:
    """Where everything stands, as Superset writes it down."""
    parts: Parts = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
    }
    _row(parts, "ROW-text", [("MARKDOWN-text", _text(description))])
    for number, row in enumerate(rows(placed)):
        cells = [(f"CHART-{one.uuid}", _cell(one, placed.index(one))) for one in row]
        # The last one takes what room is left.
        cells[-1][1]["meta"]["width"] += _COLUMNS - sum(one.chart.width for one in row)
        _row(parts, f"ROW-{number}", cells)
    return parts


def rows(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Fill rows from left to right, in the order given."""
    found: list[list[Placed]] = []
    room = 0
    for one in placed:
        if one.chart.width > room:
            found.append([])
            room = _COLUMNS
        found[-1].append(one)
        room -= one.chart.width
    return found


def _row(parts: Parts, name: str, cells: Sequence[tuple[str, Parts]]) -> None:
    parents = ["ROOT_ID", "GRID_ID"]
    parts["GRID_ID"]["children"].append(name)
    parts[name] = {
        "type": "ROW",
        "id": name,
        "children": [cell for cell, _ in cells],
        "parents": parents,
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }
    for cell, content in cells:
        parts[cell] = content | {"id": cell, "children": [], "parents": [*parents, name]}


def _text(description: str) -> Parts:
    return {"type": "MARKDOWN", "meta": {"width": _COLUMNS, "height": 8, "code": description}}


def _cell(one: Placed, number: int) -> Parts:
    return {
        "type": "CHART",
        "meta": {
            "width": one.chart.width,
            "height": one.chart.height,
            "chartId": number + 1,
            "uuid": one.uuid,
            "sliceName": one.chart.title,
        },
    }


def filters(placed: Sequence[Placed], time_range: str, key: Any) -> list[Parts]:
    """The filters: a range of dates, and one for each column whose values are never mixed.

    Args:
        placed: The charts in their order.
        time_range: What the range is at first, in Superset's words, such as `Last quarter`.
        key: Makes a uuid of words.
    """
    found = []
    if any(one.has_time for one in placed):
        found.append(_filter("filter_time", "Dates", key("dates"), [{}], placed, _is_limited))
        found[-1]["defaultDataMask"] = {
            "extraFormData": {"time_range": time_range},
            "filterState": {"value": time_range},
            "ownState": {},
        }
    columns = dict.fromkeys(column for one in placed for column in one.apart)
    for column in columns:
        if column in _BY_THEMSELVES:
            continue
        source = next(one for one in placed if column in one.apart)
        targets = [{"column": {"name": column}, "datasetUuid": source.dataset}]
        name = _WORDS.get(column, column.replace("_", " ").capitalize())
        chooser = _filter("filter_select", name, key(column), targets, placed, _shows(column))
        first = _FIRST.get(column)
        # or what it is set to at first would be shown, and not yet asked for
        chooser["requiredFirst"] = first is None
        chooser["controlValues"] = {
            "multiSelect": False,
            # one of them, never none: the charts are empty over several
            "enableEmptyFilter": True,
            "defaultToFirstItem": first is None,
            "inverseSelection": False,
            "searchAllOptions": False,
        }
        if first is not None:
            chosen = {"filters": [{"col": column, "op": "IN", "val": [first]}]}
            chooser["defaultDataMask"] = {
                "extraFormData": chosen,
                "filterState": {"value": [first], "label": first},
                "ownState": {},
            }
        found.append(chooser)
    return found


def _is_limited(one: Placed) -> bool:
    return one.has_time


def _shows(column: str) -> Any:
    return lambda one: column in one.apart


def _filter(
    kind: str,
    name: str,
    uuid: str,
    targets: Sequence[Mapping[str, Any]],
    placed: Sequence[Placed],
    is_meant: Any,
) -> Parts:
    # Superset puts its own numbers in place of these, by the charts' uuids.
    excluded = [number for number, one in enumerate(placed, 1) if not is_meant(one)]
    return {
        "id": f"NATIVE_FILTER-{uuid}",
        "type": "NATIVE_FILTER",
        "filterType": kind,
        "name": name,
        "description": "",
        "targets": [dict(target) for target in targets],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
        "cascadeParentIds": [],
        "controlValues": {"enableEmptyFilter": False},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
    }
