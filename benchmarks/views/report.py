"""The report of a run: tables, plots of time against size, and all figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from benchmarks.views.measurements import LARGE, Figures

#: First words of what is read; the rest is the view.
KINDS = ("view", "hand-written", "self-join", "rolled-up")
#: Seconds in which a view is read in full at 10 million events, roll-ups kept; large results.
GOALS = {"duckdb": (1, 5), "postgres": (2, 15)}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><script>{script}</script></head>
<body><h1>{title}</h1>
{plots}
</body></html>
"""


def views_table(figures: Figures) -> str:
    """Each view: roll-ups kept, roll-ups off, and that beside the hand-written queries; seconds."""
    usual, large = GOALS[figures.engine]
    rows = []
    for view in sorted({name.split(" ", 1)[1] for name in figures.runs if _is_read(name)}):
        rolled_up = figures.seconds(f"rolled-up {view}")
        rows.append(
            [
                view,
                _number(rolled_up),
                "" if rolled_up is None else str(large if view in LARGE else usual),
                _number(figures.seconds(f"view {view}")),
                _number(figures.seconds(f"hand-written {view}")),
                _number(figures.ratio(f"view {view}", f"hand-written {view}")),
                _number(figures.seconds(f"self-join {view}")),
            ]
        )
    heads = ["view", "roll-ups kept", "goal at 10m", "roll-ups off", "hand-written"]
    return _table([*heads, "times as long", "joins of events"], rows)


def totals_line(figures: Figures) -> str:
    """How long all public views take, each read once in full, one after the other; seconds."""
    parts = []
    for kind, title in (("view", "off"), ("rolled-up", "kept")):
        names = [name for name in figures.runs if name.split(" ", 1)[0] == kind]
        if names:
            seconds = sum(figures.seconds(name) or 0 for name in names)
            parts.append(f"{seconds:.1f} s with roll-ups {title} ({len(names)} views)")
    without = [
        view
        for name in figures.runs
        for kind, _, view in [name.partition(" ")]
        if kind == "view" and f"hand-written {view}" not in figures.runs
    ]
    lines = [f"All public views, each read once in full: {', '.join(parts)}."] if parts else []
    if without:
        listed = ", ".join(f"`{view}`" for view in without)
        lines.append(f"No hand-written query stands beside {listed}.")
    return " ".join(lines)


def funnels_table(all_figures: Sequence[Figures]) -> str:
    """The funnel by events per user, beside the joins; seconds."""
    name = "funnel by events per user"
    rows = [
        [
            figures.engine,
            f"{figures.size:,}",
            _number(figures.seconds(f"view {name}")),
            _number(figures.seconds(f"self-join {name}")),
            _number(figures.ratio(f"self-join {name}", f"view {name}")),
        ]
        for figures in all_figures
    ]
    return _table(["engine", "events per user", "view", "joins of events", "times as long"], rows)


def builds_table(figures: Figures) -> str:
    """Loading, rebuilds and refreshes: median seconds, ratios to a full rebuild, peak memory."""
    rows = []
    rebuild = figures.seconds("full rebuild")
    for name, runs in figures.runs.items():
        if _is_read(name):
            continue
        ratio = None
        if rebuild and ("build" in name or "refresh" in name):
            ratio = (figures.seconds(name) or 0) / rebuild
        peak = max(one.peak_bytes for one in runs) / 1e6
        rows.append([name, _number(figures.seconds(name)), _number(ratio), f"{peak:.0f} MB"])
    return _table(["what", "seconds", "full rebuilds", "peak memory of the process"], rows)


def write(
    directory: Path, name: str, settings: Mapping[str, Any], all_figures: Sequence[Figures]
) -> str:
    """Write NAME.md, NAME.json and NAME.html into the directory; return the tables."""
    parts = [", ".join(f"{key} {value}" for key, value in settings.items())]
    if any("funnel by events per user" in name for name in all_figures[0].runs):
        parts.append(funnels_table(all_figures))
        all_figures_by_size: Sequence[Figures] = []
    else:
        all_figures_by_size = all_figures
    for figures in all_figures_by_size:
        parts += [f"## {figures.engine}, {figures.size:,} events"]
        parts += [builds_table(figures), views_table(figures), totals_line(figures)]
        slowest = ", ".join(f"`{step}` {seconds:.1f} s" for step, seconds in figures.slowest[:8])
        parts += [f"Longest steps of the full rebuild: {slowest}"] if slowest else []
        for view, plan in figures.plans.items():
            parts += [f"### {view}, roll-ups off", f"```\n{plan}\n```"]
    text = "\n\n".join(part for part in parts if part) + "\n"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.md").write_text(text)
    described = {**settings, "figures": [figures.as_json() for figures in all_figures]}
    (directory / f"{name}.json").write_text(json.dumps(described, indent=1) + "\n")
    return text


def write_plots(directory: Path, target: Path) -> None:
    """Draw every figure of all reports in a directory: time against size, on one page.

    Pages with a megabyte of JavaScript are not kept under version control; the JSON files are.
    """
    series: dict[tuple[str, str], dict[int, dict[str, float]]] = {}
    for path in sorted([*directory.glob("views-*.json"), *directory.glob("funnels-*.json")]):
        for figures in json.loads(path.read_text())["figures"]:
            for name, run in figures["runs"].items():
                kind, _, rest = name.partition(" ")
                is_view = _is_read(name)
                title, line = (rest, kind) if is_view else ("builds and loads", name)
                seconds = sorted(run["seconds"])[len(run["seconds"]) // 2]
                key = (figures["engine"], title)
                series.setdefault(key, {}).setdefault(figures["events"], {})[line] = seconds
    plots = [
        _plot(f"{title} on {engine}", points).to_html(full_html=False, include_plotlyjs=False)
        for (engine, title), points in sorted(series.items())
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        PAGE.format(title="Time against size", script=get_plotlyjs(), plots="\n".join(plots)),
        encoding="utf-8",
    )


def _plot(title: str, points: Mapping[int, Mapping[str, float]]) -> go.Figure:
    figure = go.Figure()
    for line in sorted({name for at_size in points.values() for name in at_size}):
        sizes = [size for size in sorted(points) if line in points[size]]
        seconds = [points[size][line] for size in sizes]
        figure.add_scatter(x=sizes, y=seconds, name=line, mode="lines+markers")
    figure.update_layout(title=title, height=380)
    figure.update_xaxes(type="log", title="events")
    figure.update_yaxes(type="log", title="seconds")
    return figure


def _is_read(name: str) -> bool:
    return name.split(" ", maxsplit=1)[0] in KINDS


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
