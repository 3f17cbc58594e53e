"""What the demo says when it has no server to work on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.databases import REPOSITORY
from tests.support.run import process_environment


def demo_on_postgres(directory: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.demo", "--target", "postgres", "--directory", directory],
        cwd=REPOSITORY,
        env=process_environment(None, env),
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_server_the_demo_says_how_to_get_one(tmp_path: Path) -> None:
    refused = demo_on_postgres(tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: PGHOST names no PostgreSQL server.")
    assert "make demo TARGET=postgres" in refused.stderr


def test_a_server_that_does_not_answer_is_named_with_the_way_out(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no-socket-here")
    refused = demo_on_postgres(tmp_path, PGHOST=nowhere)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: cannot use the PostgreSQL server at {nowhere}:")
    assert "unset PGHOST" in refused.stderr
    assert "Traceback" not in refused.stderr
