"""``loader rewrite``: writes a DuckDB file anew."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import epilog, target_options
from loader.errors import UsageError
from loader.removing import rewrite as rewrite_file
from loader.targets import load_target


@click.command(epilog=epilog("loader rewrite"))
@target_options
def rewrite(*, target_name: str | None, profiles_dir: Path | None, raw_schema: str) -> None:
    """Write the target's DuckDB file anew, without what was deleted in it.

    DuckDB leaves deleted rows in the file. loader withdraw and loader erase write it anew by
    themselves; where roll-ups are kept, do so once more after the next refresh, which takes the
    users out of these. Needs as much room on the disk once more.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    if target.engine != "duckdb":
        if target.engine == "clickhouse":
            raise UsageError(
                f"Target {target.name!r} is no DuckDB file. ClickHouse writes what loader erase "
                "takes rows out of anew at once: see docs/clickhouse.md"
            )
        raise UsageError(
            f"Target {target.name!r} is no DuckDB file. In PostgreSQL, VACUUM FULL does this, "
            "table by table: see docs/removals.md"
        )
    size = rewrite_file(target)
    click.echo(f"Wrote {target.label} anew: {size:,} bytes.", err=True)
