"""dbt as a process of its own, for what goes by files that it leaves: `dbt retry`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment


def run_dbt_process(
    *args: str,
    database: Database,
    variables: Mapping[str, Any] | None = None,
    project: Path = REPOSITORY,
    timeout: float = 240,
) -> tuple[int, str]:
    """Run a dbt command that writes down in the database's directory how it ended.

    Args:
        args: The command line after `dbt`, such as `"build"`, and then `"retry"`.
        database: The database to work on.
        variables: Values for `--vars`; None leaves them as they are, and to `dbt retry` as they
            were.
        project: The directory of dbt_project.yml.
        timeout: Seconds.

    Returns:
        The exit code, and what dbt said.
    """
    options = {
        "--profiles-dir": database.directory,
        "--project-dir": project,
        "--target": database.engine,
        "--target-path": database.directory / "target",
        "--log-path": database.directory / "logs",
        **({} if variables is None else {"--vars": json.dumps(dict(variables))}),
    }
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", *args),
            *(str(part) for pair in options.items() for part in pair),
        ],
        env=process_environment(database),
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return ended.returncode, ended.stdout
