"""Write the report: `python -m report`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from loader.building.session import Dbt
from report.write import write

_REPOSITORY = Path(__file__).resolve().parents[1]


@click.command()
@click.option("--target", help="A target of profiles.yml; by default the one that it names.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_REPOSITORY / "target" / "report.html",
    help="Where the page goes.",
)
def main(target: str | None, output: Path) -> None:
    """Write one HTML page that shows active users, retention, funnels, churn and sessions."""
    output = output.resolve()
    os.chdir(_REPOSITORY)
    write(Dbt(target), output)
    click.echo(f"Open {output} in a browser; it needs no network.")


if __name__ == "__main__":
    main()
