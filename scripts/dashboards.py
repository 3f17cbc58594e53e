"""The demo's dashboards: Superset with its own tables in a file, until Ctrl-C."""

from __future__ import annotations

import shutil
import signal
from contextlib import suppress
from pathlib import Path

import click

from deploy.superset.api import Superset
from deploy.superset.install import set_up
from deploy.superset.project import read_project
from deploy.superset.settings import Connection, Settings
from scripts.demo import DIRECTORY
from scripts.steps import REPOSITORY
from scripts.superset import ADMINISTRATOR, kept_secret, prepare, serving, settings

# The half-year in which the example events end.
_TIME_RANGE = "2018-10-01 : 2019-04-15"


@click.command()
@click.option(
    "--demo",
    type=click.Path(file_okay=False, path_type=Path),
    default=DIRECTORY / "duckdb",
    help="Where `make demo` has put events and views.",
)
@click.option("--port", default=8088, show_default=True)
@click.option("--anew", is_flag=True, help="Forget what was changed in Superset before.")
def main(demo: Path, port: int, *, anew: bool) -> None:
    """Set Superset up on the demo's database, and serve it."""
    demo = demo.resolve()
    file, manifest = demo / "events.duckdb", demo / "target" / "manifest.json"
    if not file.exists() or not manifest.exists():
        raise click.ClickException(f"There is no demo in {demo}: run make demo first.")
    directory = REPOSITORY / ".cache" / "dashboards"
    if anew:
        shutil.rmtree(directory, ignore_errors=True)
    environment = settings(directory, f"sqlite:///{directory / 'superset.db'}", {})
    password = kept_secret(directory / "password")
    click.echo("Preparing Superset, which takes a minute or two …")
    prepare(environment, password)
    wanted = Settings((Connection(None, f"duckdb:///{file}", "analytics"),), time_range=_TIME_RANGE)
    with serving(environment, port) as url:
        with Superset(url, ADMINISTRATOR, password) as superset:
            set_up(superset, read_project(manifest), wanted)
        click.echo(f"\n{url}/dashboard/list/  log in as {ADMINISTRATOR} with {password}")
        click.echo("Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    # so that Superset ends with it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
