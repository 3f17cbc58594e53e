"""``query mcp``: answers an assistant that runs this program, or that asks over HTTP."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import LoaderError
from loader.organisations import check_name
from loader.targets import Target, load_target
from query.commands.options import manifest_option, reading_options

try:
    from query.catalog import read_catalog
    from query.databases.open import open_database
    from query.mcp.assistant import Assistant
    from query.mcp.server import build_server
    from query.metrics.answers import Metrics
    from query.metrics.layer import read_layer
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith(("query", "loader", "serving")):
        raise
    raise LoaderError(
        f"query mcp needs the package {missing.name}. "
        "Install what it needs with: pip install 'dbt-event-analytics[query]'"
    ) from missing


@click.command(
    epilog=epilog(
        "query mcp --target duckdb",
        "query mcp --target postgres --org acme",
        "query serve   # the same tools over HTTP, at /mcp, for who has a token",
    )
)
@manifest_option
@option("--org", "organisation", metavar="NAME", help="Answer from the views of an organisation.")
@reading_options
@target_options
def mcp(  # noqa: PLR0913 (one parameter for each option)
    *,
    manifest: Path,
    organisation: str | None,
    reader_role: str,
    snapshots: Path | None,
    query_timeout: float,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Answer an assistant over standard input and output, read only.

    An assistant that speaks the Model Context Protocol starts this program by itself and gets tools
    for metrics and views: to list and describe them, to query them, and to explain a number with
    its formula, its dates and its SQL.

    Over HTTP the same tools are at /mcp of query serve, with a token of the scope query, which also
    says whose data it is about.

    It asks with the rights of the role event_reader on PostgreSQL, and a copy of a DuckDB file.
    """
    if organisation is not None:
        check_name(organisation)
    target = load_target(target_name, profiles_dir, raw_schema)
    # standard output is the assistant's, to the last byte
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(
        _answer(
            target,
            manifest,
            organisation,
            reader_role=reader_role,
            snapshots=snapshots,
            timeout=query_timeout,
        )
    )


async def _answer(  # noqa: PLR0913 (what the options say)
    target: Target,
    manifest: Path,
    organisation: str | None,
    *,
    reader_role: str,
    snapshots: Path | None,
    timeout: float,
) -> None:
    catalog, layer = read_catalog(manifest), read_layer(manifest, target.engine)
    database = open_database(
        target,
        reader_role=reader_role,
        connections=2,
        snapshots=snapshots,
        notify=lambda level, sentence: print(f"{level}: {sentence}", file=sys.stderr),
    )
    database.check()
    await database.open()
    try:
        metrics = Metrics(layer, database, timeout=timeout) if layer is not None else None
        assistant = Assistant(catalog, metrics, database, timeout=timeout)
        await build_server(assistant, lambda _: organisation).run_stdio_async()
    finally:
        await database.close()
