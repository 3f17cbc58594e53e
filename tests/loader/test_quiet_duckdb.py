"""DuckDB draws no progress bar where output is data."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from loader.targets import Target, open_duckdb
from tests.support.databases import REPOSITORY
from tests.support.run import process_environment
from tests.support.terminal import run_on_terminal

# What has no file as its main module is somebody at a prompt, DuckDB thinks.
PROMPT = (sys.executable, "-c")
QUERY = "select count(distinct random()) from range(2000000)"
# A bar that does not wait for two seconds; it is on again with that, and so set before.
AT_ONCE = "set progress_bar_time = 0"
BAR = "%"

DRAWN = f"""
import duckdb
duckdb.connect().execute("{AT_ONCE}").execute("{QUERY}")
"""
OURS = f"""
import sys
from loader.quiet_duckdb import connect, cursor_of, settle
opened = connect(sys.argv[1])
for connection in (opened, cursor_of(opened), connect()):
    assert not connection.sql("select current_setting('enable_progress_bar')").fetchone()[0]
    settle(connection.execute("set progress_bar_time = 100")).execute("{QUERY}")
"""
DBT = f"""
import sys
from dbt.cli.main import dbtRunner
shown = ("show", "--inline", "{QUERY}", "--log-level", "none", "--project-dir", sys.argv[1])
assert dbtRunner().invoke([*shown, "--profiles-dir", sys.argv[1]]).success
"""


def on_a_terminal(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """What a command writes to a terminal."""
    ended = run_on_terminal(*command, cwd=REPOSITORY, env=process_environment(env=env))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_connections_of_ours_draw_no_progress_bar(tmp_path: Path) -> None:
    # or the query would be too short to tell
    assert BAR in on_a_terminal(*PROMPT, DRAWN)
    into_a_pipe = subprocess.run([*PROMPT, DRAWN], capture_output=True, text=True, check=True)
    assert BAR in into_a_pipe.stdout
    assert on_a_terminal(*PROMPT, OURS, tmp_path / "some.duckdb") == ""


def test_the_loader_draws_none_whatever_profiles_yml_says(tmp_path: Path) -> None:
    asked = {"enable_progress_bar": True, "progress_bar_time": 1}
    path = tmp_path / "some.duckdb"
    target = Target("duckdb", "duckdb", "analytics", "raw", path=path, settings=asked)
    with open_duckdb(target) as connection:
        found = connection.execute("select current_setting('enable_progress_bar')").fetchone()
    assert found == (False,)


@pytest.mark.slow
def test_dbt_draws_none_either(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("{name: one, profile: event_analytics}")
    example = (REPOSITORY / "profiles.example.yml").read_text()
    off = "enable_progress_bar: false"
    env = {"EVENTS_DUCKDB_PATH": str(tmp_path / "one.duckdb")}
    for settings, is_drawn in (
        (f"progress_bar_time: 100, {off}", False),
        ("progress_bar_time: 100", True),
    ):
        (tmp_path / "profiles.yml").write_text(example.replace(off, settings))
        assert (BAR in on_a_terminal(*PROMPT, DBT, tmp_path, env=env)) == is_drawn


def test_nothing_else_opens_a_database() -> None:
    opens = re.compile(r"duckdb\.(connect|sql|query|execute|default_connection)\(")
    found = {
        str(path.relative_to(REPOSITORY))
        for folder in (
            "collector",
            "loader",
            "query",
            "report",
            "scripts",
            "serving",
            "benchmarks",
            "tests/support",
        )
        for path in (REPOSITORY / folder).rglob("*.py")
        if opens.search(path.read_text().replace("quiet_duckdb.", ""))
    }
    assert found == {"loader/quiet_duckdb.py"}
