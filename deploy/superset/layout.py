"""A dashboard's page: its charts in rows of twelve columns, and the filters at its side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.superset.chart import Chart

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


def filters(placed: Sequence[Placed], time_range: str, key: Callable[[str], str]) -> list[Parts]:
    """The filters: a range of dates, and one for each column whose values are never mixed.

    Args:
        placed: The charts in their order.
        time_range: What the range is at first, in Superset's words, such as `Last quarter`.
        key: Makes a uuid of words.
    """
    found = []
    if any(one.has_time for one in placed):
        dates = _filter(key("dates"), [one.has_time for one in placed])
        dates |= {"filterType": "filter_time", "name": "Dates", "targets": [{}]}
        dates["defaultDataMask"] = _mask({"time_range": time_range}, time_range)
        found.append(dates)
    for column in dict.fromkeys(column for one in placed for column in one.apart):
        if column not in _BY_THEMSELVES:
            found.append(_chooser(column, placed, key(column)))
    return found


def _chooser(column: str, placed: Sequence[Placed], uuid: str) -> Parts:
    """A filter that is set to one value of a column, never to none or several."""
    source = next(one for one in placed if column in one.apart)
    chooser = _filter(uuid, [column in one.apart for one in placed])
    first = _FIRST.get(column)
    chooser |= {
        "filterType": "filter_select",
        "name": _WORDS.get(column, column.replace("_", " ").capitalize()),
        "targets": [{"column": {"name": column}, "datasetUuid": source.dataset}],
        "controlValues": {
            "multiSelect": False,
            "enableEmptyFilter": True,
            "defaultToFirstItem": first is None,
            "inverseSelection": False,
            "searchAllOptions": False,
        },
        # or what it is set to at first would be shown, and not yet asked for
        "requiredFirst": first is None,
    }
    if first is not None:
        chosen = {"filters": [{"col": column, "op": "IN", "val": [first]}]}
        chooser["defaultDataMask"] = _mask(chosen, [first])
        chooser["defaultDataMask"]["filterState"]["label"] = first
    return chooser


def _mask(asked: Parts, value: Any) -> Parts:
    return {"extraFormData": asked, "filterState": {"value": value}, "ownState": {}}


def _filter(uuid: str, is_meant: Sequence[bool]) -> Parts:
    # Superset puts its own numbers in place of these, by the charts' uuids.
    excluded = [number for number, meant in enumerate(is_meant, 1) if not meant]
    return {
        "id": f"NATIVE_FILTER-{uuid}",
        "type": "NATIVE_FILTER",
        "description": "",
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
        "cascadeParentIds": [],
        "controlValues": {"enableEmptyFilter": False},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
    }
