"""The demo's report and the API over its views, on this machine: what `make serve` runs.

It asks what `make demo` has built, and builds nothing.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import click

from scripts.demo import DATABASE, DIRECTORY, prepare_postgres
from scripts.steps import REPOSITORY, use_own_database

_QUESTION = "/v1/reports/daily_active_users?sort=-activity_date&limit=7"


@click.command()
@click.option("--target", type=click.Choice(["duckdb", "postgres"]), default="duckdb")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo's files are; by default .cache/demo/TARGET.",
)
@click.option("--database", default=DATABASE, help="The demo's database on a server.")
@click.option("--port", type=click.IntRange(min=0, max=65535), default=8001)
@click.option("--key", help="The key to ask with; else another one each time.")
def main(target: str, directory: Path | None, database: str, port: int, key: str | None) -> None:
    """Serve the demo until Ctrl-C: its report at /, the API beneath /v1."""
    directory = (directory or REPOSITORY / DIRECTORY / target).resolve()
    manifest, page = directory / "target" / "manifest.json", directory / "report.html"
    if not manifest.is_file() or not page.is_file():
        again = "make demo" if target == "duckdb" else f"make demo TARGET={target}"
        raise click.ClickException(f"There is no demo in {directory}. Build it with: {again}")
    use_own_database(target, directory)
    if target == "postgres":
        os.environ.update(prepare_postgres(database))
    key = key or secrets.token_urlsafe(12)
    address = f"http://127.0.0.1:{port}"
    click.secho("\nOpen in a browser", bold=True)
    click.echo(f"  {address}/      the report\n  {address}/docs  what the API can be asked")
    click.secho("\nAsk", bold=True)
    click.echo(f"  curl -H 'Authorization: Bearer {key}' \\\n    '{address}{_QUESTION}'\n")
    click.secho("Tell an assistant (docs/assistants.md)", bold=True)
    click.echo(f"  {address}/mcp  with the header  Authorization: Bearer {key}\n")
    sys.stdout.flush()
    # Not among the arguments, which others on this machine may read.
    os.environ["QUERY_SERVE_KEY"] = key
    # The demo has no roles: its user reads, in transactions that can do nothing else.
    options = ("--manifest", manifest, "--page", page, "--port", port, "--reader-role", "")
    os.execv(sys.executable, [sys.executable, "-m", "query", "serve", *map(str, options)])  # noqa: S606 (no shell is meant)


if __name__ == "__main__":
    main()
