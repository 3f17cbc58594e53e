"""Read the views and write the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click

from loader.building.session import Dbt
from report.queries import QUERIES, Data, Row
from report.users import USER_QUERIES, listed


def read(dbt: Dbt, *, with_users: bool = False) -> Data:
    """Read the views.

    Args:
        dbt: Where they are.
        with_users: Whether ids of users are read as well.

    Raises:
        click.ClickException: They are not built, or the database cannot be read.
    """
    try:
        rows: dict[str, Sequence[Row]] = {**dbt.tables(QUERIES)}
        if with_users:
            rows |= listed({**dbt.tables(USER_QUERIES)})
    except click.ClickException as error:
        raise click.ClickException(
            "The report cannot read the views. If they are not built yet, or not since the last "
            f"upgrade, run `make build` with the same TARGET first. {error.message}"
        ) from error
    (facts,) = rows.pop("facts")
    return Data(facts, rows)


def write(dbt: Dbt, output: Path, *, with_users: bool = False) -> None:
    """Write the page to a file, and make its directory where it is missing.

    Raises:
        click.ClickException: The views or the file cannot be used.
    """
    from report.page import render  # noqa: PLC0415 - needed here alone

    made_at = dt.datetime.now(dt.UTC)
    page = render(
        read(dbt, with_users=with_users), dbt.descriptions(), dbt.questions(), made_at=made_at
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"The report cannot be written to {output}: {error.strerror}."
        ) from error
