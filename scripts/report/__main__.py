"""Write the report: `python -m scripts.report`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scripts.report.write import write
from scripts.steps import REPOSITORY, Dbt


@click.command()
@click.option("--target", help="A target of profiles.yml; by default the one that it names.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=REPOSITORY / "target" / "report.html",
    help="Where the page goes.",
)
def main(target: str | None, output: Path) -> None:
    """Write one HTML page that shows active users, retention, funnels, churn and sessions."""
    output = output.resolve()
    os.chdir(REPOSITORY)
    write(Dbt(target), output)
    click.echo(f"Open {output} in a browser; it needs no network.")


if __name__ == "__main__":
    main()
