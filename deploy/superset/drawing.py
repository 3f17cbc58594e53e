"""Charts of Superset: what its page needs to draw one, and the query that goes with it.

The query is stored as well: a guest may ask for nothing but what is stored with a chart, and
`GET /api/v1/chart/{id}/data/` answers with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.superset.chart import Chart

Parameters = dict[str, Any]

_COLORS = {"color_scheme": "supersetColors"}
_GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M"}
_ROWS = 10_000
_ROWS_OF_A_LIST = 1_000


def draw(chart: Chart) -> tuple[str, Parameters, Parameters]:
    """The type of a chart, its parameters, and its query; KeyError where there is no such kind."""
    parameters, query = KINDS[chart.kind](chart)
    parameters["adhoc_filters"] = _filters(chart)
    parameters |= {"viz_type": parameters["viz_type"], "extra_form_data": {}, "dashboards": []}
    query |= {
        "filters": _time_filter(chart),
        "extras": {"having": "", "where": f"({chart.where})" if chart.where else ""},
        "applied_time_extras": {},
        "annotation_layers": [],
        "row_limit": parameters["row_limit"],
        "series_limit": 0,
        "url_params": {},
        "custom_params": {},
        "custom_form_data": {},
    }
    if parameters.get("time_grain_sqla"):
        query["extras"]["time_grain_sqla"] = parameters["time_grain_sqla"]
    return parameters["viz_type"], parameters, query


def _filters(chart: Chart) -> list[Parameters]:
    """What limits the rows: a date, so that a dashboard's range applies, and what always holds."""
    found: list[Parameters] = [
        {
            "clause": "WHERE",
            "expressionType": "SIMPLE",
            "subject": one["col"],
            "operator": one["op"],
            "comparator": one["val"],
        }
        for one in _time_filter(chart)
    ]
    if chart.where:
        found.append({"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where})
    return found


def _time_filter(chart: Chart) -> list[Parameters]:
    if not chart.time:
        return []
    return [{"col": chart.time, "op": "TEMPORAL_RANGE", "val": "No filter"}]


def _axis(column: str, grain: str | None = None) -> Parameters:
    axis: Parameters = {
        "columnType": "BASE_AXIS",
        "sqlExpression": column,
        "label": column,
        "expressionType": "SQL",
        "isColumnReference": True,
    }
    return {"timeGrain": grain} | axis if grain else axis


def _over_time(viz_type: str, chart: Chart) -> tuple[Parameters, Parameters]:
    grain = _GRAINS[chart.grain]
    parameters = _lines(viz_type, chart, chart.time) | {"time_grain_sqla": grain}
    query = {
        "columns": [_axis(chart.time, grain), *chart.by],
        "metrics": list(chart.metrics),
        "orderby": [[chart.metrics[0], False]],
        "series_columns": list(chart.by),
    }
    return parameters, query


def _lines(viz_type: str, chart: Chart, x: str) -> Parameters:
    return {
        "viz_type": viz_type,
        "x_axis": x,
        "metrics": list(chart.metrics),
        "groupby": list(chart.by),
        "row_limit": _ROWS,
        "order_desc": True,
        "show_legend": len(chart.metrics) > 1 or bool(chart.by),
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "truncate_metric": True,
        "x_axis_time_format": "smart_date",
        "tooltipTimeFormat": "%Y-%m-%d",
        "y_axis_format": chart.format,
        "stack": "Stack" if chart.is_stacked else None,
        "zoomable": False,
        "markerEnabled": False,
        **_COLORS,
    }


def _along(viz_type: str, chart: Chart) -> tuple[Parameters, Parameters]:
    parameters = _lines(viz_type, chart, chart.x) | {
        "x_axis_sort": chart.x,
        "x_axis_sort_asc": True,
        "xAxisForceCategorical": True,
    }
    query = {
        "columns": [_axis(chart.x), *chart.by],
        "metrics": list(chart.metrics),
        "orderby": [[chart.metrics[0], False]],
        "series_columns": list(chart.by),
    }
    return parameters, query


def _number(chart: Chart) -> tuple[Parameters, Parameters]:
    grain = _GRAINS[chart.grain]
    parameters = {
        "viz_type": "big_number",
        "metric": chart.metrics[0],
        "x_axis": chart.time,
        "time_grain_sqla": grain,
        "aggregation": "LAST_VALUE",
        "compare_lag": chart.lag or None,
        "compare_suffix": chart.lag_words,
        "show_trend_line": True,
        "start_y_axis_at_zero": True,
        "header_font_size": 0.4,
        "subheader_font_size": 0.15,
        "time_format": "%Y-%m-%d",
        "y_axis_format": chart.format,
        "row_limit": _ROWS,
    }
    query = {
        "columns": [_axis(chart.time, grain)],
        "metrics": [chart.metrics[0]],
        "orderby": [],
    }
    return parameters, query


def _shares(viz_type: str, chart: Chart) -> tuple[Parameters, Parameters]:
    parameters = {
        "viz_type": viz_type,
        "groupby": list(chart.by),
        "metric": chart.metrics[0],
        "row_limit": 100,
        "sort_by_metric": True,
        "number_format": chart.format,
        "show_labels": True,
        "show_legend": viz_type == "pie",
        "legendOrientation": "top",
        **_COLORS,
    }
    if viz_type == "pie":
        parameters |= {"donut": True, "innerRadius": 40, "label_type": "key_percent"}
    else:
        parameters |= {"percent_calculation_type": "first_step", "label_type": 5}
    query = {
        "columns": list(chart.by),
        "metrics": [chart.metrics[0]],
        "orderby": [[chart.metrics[0], False]],
    }
    return parameters, query


def _heatmap(chart: Chart) -> tuple[Parameters, Parameters]:
    parameters = {
        "viz_type": "heatmap_v2",
        "x_axis": chart.x,
        "groupby": chart.y,
        "metric": chart.metrics[0],
        "row_limit": _ROWS,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "normalized": False,
        "linear_color_scheme": "schemeBlues",
        "show_values": True,
        "show_legend": False,
        "show_percentage": False,
        "value_bounds": [None, None],
        "xscale_interval": 1,
        "yscale_interval": 1,
        "left_margin": "auto",
        "bottom_margin": "auto",
        "y_axis_format": chart.format,
        "time_format": "%Y-%m-%d",
    }
    query = {
        "columns": [_axis(chart.x), chart.y],
        "metrics": [chart.metrics[0]],
        "orderby": [[chart.x, True]],
    }
    return parameters, query


def _table(chart: Chart) -> tuple[Parameters, Parameters]:
    parameters = {
        "viz_type": "table",
        "query_mode": "aggregate",
        "groupby": list(chart.by),
        "metrics": list(chart.metrics),
        "all_columns": [],
        "order_by_cols": [],
        "row_limit": _ROWS_OF_A_LIST,
        "server_page_length": 10,
        "table_timestamp_format": "%Y-%m-%d %H:%M" if chart.has_times else "%Y-%m-%d",
        "show_cell_bars": False,
        "allow_rearrange_columns": False,
    }
    query = {"columns": list(chart.by), "metrics": list(chart.metrics), "orderby": []}
    return parameters, query


def _rows(chart: Chart) -> tuple[Parameters, Parameters]:
    parameters, _ = _table(chart)
    parameters |= {
        "query_mode": "raw",
        "all_columns": list(chart.columns),
        "groupby": [],
        "metrics": [],
        "include_search": True,
        "page_length": 20,
    }
    query = {"columns": list(chart.columns), "metrics": None, "orderby": []}
    return parameters, query


def _sankey(chart: Chart) -> tuple[Parameters, Parameters]:
    parameters = {
        "viz_type": "sankey_v2",
        "source": chart.x,
        "target": chart.y,
        "metric": chart.metrics[0],
        "row_limit": 200,
        "sort_by_metric": True,
        **_COLORS,
    }
    query = {
        "columns": [chart.x, chart.y],
        "metrics": [chart.metrics[0]],
        "orderby": [[chart.metrics[0], False]],
    }
    return parameters, query


#: What `kind` may be in charts.yml.
KINDS: Mapping[str, Any] = {
    "line": lambda chart: _over_time("echarts_timeseries_line", chart),
    "area": lambda chart: _over_time("echarts_area", chart),
    "bar": lambda chart: _over_time("echarts_timeseries_bar", chart),
    "curve": lambda chart: _along("echarts_timeseries_line", chart),
    "columns": lambda chart: _along("echarts_timeseries_bar", chart),
    "number": _number,
    "pie": lambda chart: _shares("pie", chart),
    "funnel": lambda chart: _shares("funnel", chart),
    "heatmap": _heatmap,
    "table": _table,
    "rows": _rows,
    "sankey": _sankey,
}
#: Those that have the view's date along the bottom.
OVER_TIME: Sequence[str] = ("line", "area", "bar", "number")
