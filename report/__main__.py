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
@click.option(
    "--with-users",
    is_flag=True,
    help="Name the users behind funnels, retention and churn. The page then holds their ids: "
    "give it only to who may see them.",
)
def main(target: str | None, output: Path, with_users: bool) -> None:
    """Write one HTML page with all that the views say, by date, period and segment."""
    output = output.resolve()
    os.chdir(_REPOSITORY)
    write(Dbt(target), output, with_users=with_users)
    click.echo(f"Open {output} in a browser; it needs no network.")
    if with_users:
        click.echo("It holds ids of users.")


if __name__ == "__main__":
    main()
