"""``query serve``: answers questions over HTTP."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import LoaderError, UsageError
from loader.targets import load_target
from query.commands.options import manifest_option, reading_options
from serving.commands.jwt import JwtOptions, jwt_options
from serving.commands.options import address_options, limit_option

try:
    from query.app import build_app
    from query.catalog import read_catalog
    from query.databases.open import open_database
    from query.metrics.layer import read_layer
    from query.settings import Settings
    from serving.keys import Anyone, Tokens, WriteKeys
    from serving.logs import Log
    from serving.run import listen, run
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith(("query", "loader", "serving")):
        raise
    raise LoaderError(
        f"query serve needs the package {missing.name}. "
        "Install what it needs with: pip install 'dbt-event-analytics[query]'"
    ) from missing

_limit = partial(limit_option, Settings())
_LOCAL = ("127.0.0.1", "::1", "localhost")


@click.command(
    epilog=epilog(
        "query serve --key 4f9c2d7e",
        "query serve --target postgres --host 0.0.0.0 --port 8080",
        "curl -H 'Authorization: Bearer 4f9c2d7e' "
        "'http://127.0.0.1:8001/v1/reports/daily_active_users?sort=-activity_date&limit=7'",
    )
)
@address_options(8001)
@manifest_option
@option(
    "--key",
    "keys",
    envvar="QUERY_SERVE_KEY",
    multiple=True,
    metavar="KEY",
    help="A key that clients may ask with, in place of the tokens that query token creates. May "
    "be given several times.",
)
@option(
    "--open", "anyone", is_flag=True, help="Answer anybody, with any key or none; on loopback only."
)
@jwt_options
@reading_options
@option(
    "--connections",
    default=4,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Queries that may run at once.",
)
@_limit("default_rows", "Rows of an answer, unless it asks for another number.", "ROWS")
@_limit("max_rows", "Most rows of an answer; the rest comes page by page.", "ROWS")
@option(
    "--requests-per-second",
    default=Settings().requests_per_second,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="REQUESTS",
    help="Most requests of one token, on average; 0 for no limit.",
)
@_limit("max_body_bytes", "Largest body of a request.", "BYTES")
@_limit("cache_bytes", "Answers that are kept until the data change; 0 for none.", "BYTES", 0)
@_limit("max_age", "How long clients may use an answer without asking again.", "SECONDS", 0)
@_limit("retry_after", "What clients are told to wait when told to come later.", "SECONDS")
@option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Let browsers ask from pages of this origin; * for all. May be given several times.",
)
@option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="An HTML file to serve at /, such as target/report.html; to anybody, without a token.",
)
@option(
    "--shutdown-timeout",
    default=30,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How long to finish what was asked, after SIGTERM.",
)
@option("--log-requests/--no-log-requests", default=True, help="Log a line for each request.")
@target_options
def serve(  # noqa: PLR0913 (one parameter for each option)
    *,
    host: str,
    port: int,
    manifest: Path,
    keys: tuple[str, ...],
    anyone: bool,
    jwt: JwtOptions,
    reader_role: str,
    connections: int,
    snapshots: Path | None,
    origins: tuple[str, ...],
    page: Path | None,
    shutdown_timeout: int,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
    **limits: Any,
) -> None:
    """Answer questions over HTTP from the public views, read only.

    GET /v1/reports lists the views, GET /v1/reports/VIEW gives rows of one: filtered, sorted, page
    by page, as JSON, CSV, Arrow or Parquet. GET /docs describes all of it, with examples.

    Clients ask with a token of the scope query (query token create --scope query), and get what
    its organisation has, or with a JWT that says the same (--jwt-secret-file or --jwt-jwks). With
    --key or --open there are no tokens, and the default schemas alone.

    On PostgreSQL a query runs as the role event_reader, or event_reader_ORGANISATION, in a
    transaction that can only read. A DuckDB file is never opened: a copy is asked, made anew
    after the file has changed, so that nobody waits for a lock.

    On SIGTERM it stops accepting, finishes what it took, and ends with 0. /healthz and /readyz
    are for probes, /metrics is for Prometheus; the log is JSON on standard error.
    """
    settings = Settings(**limits)
    log = Log()
    tokens = _tokens(keys, anyone, host)
    signed = jwt.open(lambda problem: log.write("error", "keys not read", problem=problem))
    if tokens is not None and signed is not None:
        raise UsageError("--key and --open are in place of tokens, so leave out --jwt-….")
    catalog = read_catalog(manifest)
    target = load_target(target_name, profiles_dir, raw_schema)
    database = open_database(
        target,
        reader_role=reader_role,
        connections=connections,
        snapshots=snapshots,
        notify=lambda level, sentence: log.write(level, "snapshot", sentence=sentence),
    )
    database.check()
    app = build_app(
        settings,
        catalog,
        database,
        log,
        layer=read_layer(manifest, target.engine),
        tokens=tokens,
        signed=signed,
        origins=origins,
        page=page,
    )
    run(app, listen(host, port), log, shutdown_timeout=shutdown_timeout)


def _tokens(keys: tuple[str, ...], anyone: bool, host: str) -> Tokens | None:
    """Who may ask; None: who has a token that the database knows."""
    if anyone and keys:
        raise UsageError("--open takes any key, so leave out --key, or leave out --open.")
    if anyone and host not in _LOCAL:
        raise UsageError(
            f"--open would let everybody who reaches {host} read all there is. Name a --key, or "
            "create tokens with: query token create --scope query"
        )
    if anyone:
        return Anyone("query")
    return WriteKeys(keys, "query") if keys else None
