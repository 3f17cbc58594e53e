"""The catalog of all tables, views and columns: written for people, and checked.

It is built on an empty database of its own: what the columns are and mean is the same in each, and
the catalog holds nobody's data.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from loader.building.session import Dbt
from scripts.steps import REPOSITORY, run_loader, use_own_database

Node = Mapping[str, Any]


def findings(manifest: Node, catalog: Node) -> list[str]:
    """Compare what is documented with what was built.

    Args:
        manifest: dbt's manifest.json.
        catalog: dbt's catalog.json of a database in which everything is built.

    Returns:
        A sentence for each difference and each missing description; empty when all is well.
    """
    found: list[str] = []
    for kind, documented in (("nodes", _relations(manifest)), ("sources", manifest["sources"])):
        for unique_id, node in documented.items():
            name = f"{node['resource_type']} {node['name']}"
            if not node["description"].strip():
                found.append(f"{name} has no description")
            built = catalog[kind].get(unique_id)
            if built is None:
                found.append(f"{name} is not in the database")
            else:
                found += (f"{name}: {text}" for text in _column_findings(node, built))
    return found


def _relations(manifest: Node) -> dict[str, Node]:
    return {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
        and node["config"]["materialized"] != "ephemeral"
    }


def _column_findings(node: Node, built: Node) -> Iterator[str]:
    described = [column["name"] for column in node["columns"].values()]
    by_position = sorted(built["columns"].values(), key=lambda column: column["index"])
    existing = [column["name"] for column in by_position]
    for name in described:
        if name not in existing:
            yield f"column {name} is described but does not exist"
    for name in existing:
        if name not in described:
            yield f"column {name} is not described"
        elif not node["columns"][name]["description"].strip():
            yield f"column {name} has no description"
    if sorted(described) == sorted(existing) and described != existing:
        yield f"columns are described as {described} but built as {existing}"


@click.command()
@click.option(
    "--target-path",
    type=click.Path(file_okay=False, path_type=Path),
    default=REPOSITORY / "target",
    help="Where the catalog goes.",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=REPOSITORY / ".cache" / "catalog",
    help="Where the empty database goes; what is there is removed.",
)
def main(target_path: Path, directory: Path) -> None:
    """Build the views empty, write the catalog, and check it."""
    target_path, directory = target_path.resolve(), directory.resolve()
    shutil.rmtree(directory, ignore_errors=True)
    use_own_database("duckdb", directory)
    run_loader("init")
    dbt = Dbt("duckdb", target_path=target_path, log_path=directory / "logs")
    dbt.build("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    dbt.write_catalog()
    found = findings(
        json.loads((target_path / "manifest.json").read_text()),
        json.loads((target_path / "catalog.json").read_text()),
    )
    if found:
        sys.exit("\n".join(found))
    click.echo(f"\nOpen {target_path / 'static_index.html'} in a browser.")


if __name__ == "__main__":
    main()
