"""Read the views and write the page."""

from __future__ import annotations

from pathlib import Path

import click

from loader.building.session import Dbt
from report.queries import QUERIES, Data, Row


def read(dbt: Dbt) -> Data:
    """Read the views.

    Raises:
        click.ClickException: They are not built, or the database cannot be read.
    """
    try:
        facts = dbt.rows(QUERIES["facts"])[0]
        rows: dict[str, list[Row]] = {
            name: list(dbt.rows(query)) for name, query in QUERIES.items() if name != "facts"
        }
    except click.ClickException as error:
        raise click.ClickException(
            "The report cannot read the views. If they are not built yet, or not since the last "
            f"upgrade, run `make build` with the same TARGET first. {error.message}"
        ) from error
    return Data(facts=facts, **rows)


def write(dbt: Dbt, output: Path) -> None:
    """Write the page to a file, and make its directory where it is missing.

    Raises:
        click.ClickException: The views or the file cannot be used.
    """
    from report.page import render  # noqa: PLC0415 - importing plotly takes a second

    page = render(read(dbt), dbt.descriptions())
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"The report cannot be written to {output}: {error.strerror}."
        ) from error
