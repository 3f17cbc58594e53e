"""``loader restore``: makes a DuckDB file of an export."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import epilog, target_options
from loader.restoring import restore as restore_export
from loader.targets import load_target


@click.command(epilog=epilog("loader restore exported"))
@click.argument(
    "directory", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIRECTORY"
)
@target_options
def restore(
    *, directory: Path, target_name: str | None, profiles_dir: Path | None, raw_schema: str
) -> None:
    """Make the target's DuckDB file of what `export database 'DIRECTORY'` has written.

    DuckDB's own `import database` makes views in the order of their names and stops at the first
    one that reads a later one. The file must not be there yet. A DuckDB file can also be copied or
    renamed as it is.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    restored = restore_export(target, directory)
    click.echo(
        f"Restored {restored.tables} tables and {restored.views} views to {target.label}.", err=True
    )
    due = {
        "cannot be made": restored.left_out,
        "cannot be read, as a schema is called like the file": restored.ambiguous,
    }
    for what, views in due.items():
        if views:
            click.echo(
                f"{len(views)} views {what}, such as {views[0]}. "
                "Make those of this project again with: dbt build",
                err=True,
            )
