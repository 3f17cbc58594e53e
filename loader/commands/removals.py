"""What ``loader withdraw`` and ``loader erase`` have in common: the report."""

from __future__ import annotations

import json

import click

from loader.removing import Removal, rewrite
from loader.targets import Target


def finish(target: Target, removal: Removal, *, dry_run: bool, as_json: bool) -> None:
    """Report, and write a DuckDB file anew where something went."""
    gone = removal.events + removal.rejected + removal.sources
    if as_json:
        click.echo(json.dumps({**removal.as_dict(), "dry_run": dry_run}, indent=2))
    parts = [
        f"{removal.events:,} events of {removal.users:,} users",
        f"{removal.rejected:,} rejected rows",
    ]
    if removal.sources:
        parts.append(f"{removal.sources:,} names of sources")
    verb = "Would take out" if dry_run else "Took out"
    click.echo(f"{verb} {', '.join(parts)}, in {target.label}.", err=True)
    if not dry_run and gone and target.engine == "lake":
        click.echo(
            "The next build leaves it out of the views. The files that held it go with: "
            "loader compact, after its --grace.",
            err=True,
        )
    elif not dry_run and gone and target.engine == "clickhouse":
        click.echo(
            "Views still show it until the next dbt build. "
            "What the database's own files still hold: docs/clickhouse.md",
            err=True,
        )
    elif not dry_run and gone:
        click.echo(
            "Views are right now. Where roll-ups are kept, the next refresh computes these users "
            "anew. What the database's own files still hold: docs/removals.md",
            err=True,
        )
        if target.engine == "duckdb":
            rewrite(target)
