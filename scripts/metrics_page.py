"""Lists of the public views for people, written from what the models' YAML says about them.

`docs/metrics.md` has a section for each view; README and the catalog's first page have a table of
them. `--check` changes nothing and fails where one of the three is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from loader.building.session import PROJECT
from scripts.steps import REPOSITORY

PAGE = Path("docs/metrics.md")
BEGIN = "<!-- views: written by `make metrics-page` from models/marts -->"
END = "<!-- end of views -->"
# The catalog would show such a comment; there it is one of dbt's own.
CATALOG = Path("models/overview.md")
CATALOG_BEGIN = "{# views: written by `make metrics-page` from models/marts #}"
CATALOG_END = "{# end of views #}"
# The files with a table of views, and how it names one: in the catalog as a link to its page.
TABLES = {
    Path("README.md"): "`{name}`",
    CATALOG: f"[{{name}}](#!/model/model.{PROJECT}.{{name}})",
}

# The folders of models/marts in the order in which a reader meets them.
AREAS = {
    "engagement": "Engagement",
    "retention": "Retention",
    "funnels": "Funnels",
    "churn": "Churn",
    "sessions": "Sessions and paths",
    "segments": "By segment",
    "alerts": "Alerts and anomalies",
    "identities": "Identities",
    "catalog": "Events",
}

INTRODUCTION = """\
# The metrics

<!-- Written by `make metrics-page` from the YAML beside each view: change it there. -->

Every public view: the question that it answers, what one row is, how it is computed, what is left
out, and an example. All of them end with `as_of_date`, or with the date of the latest event where
that is empty. Days, weeks and months are those of `reporting_timezone`. No row is left out because
nothing happened, and a rate is null where its denominator is zero.

"""


@dataclass(frozen=True)
class View:
    """A public view as its YAML describes it.

    Attributes:
        area: Its folder in models/marts.
        question: What it answers.
        grain: What one row is.
        description: Its doc block, as Markdown.
        columns: Name, type and description of each column.
    """

    name: str
    area: str
    question: str
    grain: str
    description: str
    columns: tuple[tuple[str, str, str], ...]


def views(nodes: Mapping[str, Any]) -> list[View]:
    """The public views, in the order in which they are listed.

    Args:
        nodes: The nodes of dbt's manifest, as dictionaries.

    Raises:
        ValueError: A view lacks its question or grain, or its folder is not in AREAS.
    """
    found = []
    for node in nodes.values():
        path = Path(node["original_file_path"])
        if node["resource_type"] != "model" or path.parts[:2] != ("models", "marts"):
            continue
        area, meta = path.parent.name, node["config"]["meta"]
        if area not in AREAS:
            raise ValueError(f"{path}: name the folder {area} in AREAS of scripts/metrics_page.py")
        for key in ("question", "grain"):
            if not str(meta.get(key) or "").strip():
                raise ValueError(
                    f"{path.with_suffix('.yml')}: give {node['name']} a config.meta.{key}"
                )
        columns = tuple(
            (column["name"], column["data_type"], " ".join(column["description"].split()))
            for column in node["columns"].values()
        )
        found.append(
            View(
                name=node["name"],
                area=area,
                question=meta["question"],
                grain=meta["grain"],
                description=node["description"].strip(),
                columns=columns,
            )
        )
    order = list(AREAS)
    return sorted(found, key=lambda view: (order.index(view.area), view.name))


def table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def overview(listed: Sequence[View], link: str = "`{name}`") -> str:
    """Write the table of all views; `link` says how a view is named."""
    return table(
        ("view", "one row per", "answers"),
        ((link.format(name=view.name), view.grain, view.question) for view in listed),
    )


def page(listed: Sequence[View]) -> str:
    """Write the page with a section for each view."""
    parts = [INTRODUCTION]
    for area, members in groupby(listed, key=lambda view: view.area):
        parts.append(f"- **{AREAS[area]}**: ")
        parts.append(", ".join(f"[{view.name}](#{view.name})" for view in members) + "\n")
    for area, members in groupby(listed, key=lambda view: view.area):
        parts.append(f"\n## {AREAS[area]}\n")
        parts += (_section(view) for view in members)
    return "".join(parts)


def _section(view: View) -> str:
    columns = table(("column", "type", "meaning"), ((f"`{n}`", t, d) for n, t, d in view.columns))
    return (
        f"\n### {view.name}\n\n*{view.question}* One row per {view.grain}.\n\n"
        f"{view.description}\n\n{columns}"
    )


def with_table(text: str, content: str, path: Path) -> str:
    """Put the table between the markers of a file.

    Raises:
        ValueError: The file does not have the markers.
    """
    first, last = (CATALOG_BEGIN, CATALOG_END) if path == CATALOG else (BEGIN, END)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{path}: put the table of views between {first} and {last}")
    return f"{before}{begin}\n\n{content}\n{end}{after}"


def read_manifest() -> Mapping[str, Any]:
    """Parse the project as it comes, whatever this machine's settings; needs no database."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

    target = REPOSITORY / ".cache" / "metrics-page"
    parsed: Any = dbtRunner().invoke(
        [
            *("parse", "--project-dir", str(REPOSITORY), "--profiles-dir", str(_profiles(target))),
            *("--target", "duckdb", "--target-path", str(target), "--log-path", str(target)),
            *("--log-level", "error"),
        ]
    )
    if not parsed.success:
        raise click.ClickException(f"dbt parse failed. {parsed.exception or ''}")
    nodes: Mapping[str, Any] = parsed.result.to_dict()["nodes"]
    return nodes


def _profiles(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    example = (REPOSITORY / "profiles.example.yml").read_text()
    (directory / "profiles.yml").write_text(example)
    return directory


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail where a file is out of date.")
def main(check: bool) -> None:
    """Write docs/metrics.md and the tables of views in README.md and the catalog."""
    try:
        listed = views(read_manifest())
        files = {PAGE: page(listed)}
        for path, link in TABLES.items():
            text = (REPOSITORY / path).read_text(encoding="utf-8")
            files[path] = with_table(text, overview(listed, link), path)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    stale = [
        path
        for path, text in files.items()
        if not (REPOSITORY / path).exists()
        or (REPOSITORY / path).read_text(encoding="utf-8") != text
    ]
    if check:
        if stale:
            names = ", ".join(map(str, stale))
            sys.exit(f"{names}: out of date with models/marts; run `make metrics-page`")
        return
    for path in stale:
        (REPOSITORY / path).write_text(files[path], encoding="utf-8")
        click.echo(f"Wrote {path}")


if __name__ == "__main__":
    main()
