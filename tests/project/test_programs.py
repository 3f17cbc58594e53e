"""Every command and option can be found: in the README, and under a predictable variable."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from collector.cli import cli as collector
from loader.cli import cli as loader
from tests.support.databases import Database
from tests.support.run import run_collector, run_loader

README = (Path(__file__).parents[2] / "README.md").read_text()
PROGRAMS: dict[str, click.Group] = {"collector": collector, "loader": loader}
MOVED = ["serve", "drain", "token"]
_OPTION = re.compile(r"--[a-z-]+")


def _commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for program, group in PROGRAMS.items():
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found[f"{program} {name}"] = command
    return found


@pytest.mark.parametrize("name", list(_commands()))
def test_the_readme_names_the_command(name: str) -> None:
    assert f"`{name}" in README


@pytest.mark.parametrize("name", list(_commands()))
def test_each_option_has_an_environment_variable_named_after_it(name: str) -> None:
    program = name.split(maxsplit=1)[0].upper()
    # as the program itself makes the contexts, with its prefix
    prefix = name.replace(" ", "_").upper()
    for option in _commands()[name].params:
        if not isinstance(option, click.Option) or option.name == "help":
            continue
        flag = max(option.opts, key=len).removeprefix("--").replace("-", "_").upper()
        given = option.envvar
        variables = [given] if isinstance(given, str) else list(given or [])
        if not variables:
            variables = [f"{prefix}_{(option.name or '').upper()}"]
        # which database it is says the same variable for both programs
        known = {f"{prefix}_{flag}", f"{program}_{flag}", f"LOADER_{flag}"}
        assert variables[0] in known, option.opts


@pytest.mark.parametrize("name", MOVED)
def test_a_command_that_has_moved_works_under_its_old_name_and_says_so(name: str) -> None:
    moved, still_there = run_collector(name, "--help"), run_loader(name, "--help")
    assert still_there.exit_code == 0
    assert _OPTION.findall(still_there.stdout) == _OPTION.findall(moved.stdout)
    assert still_there.stderr == (
        f"loader {name} is now collector {name}; the old name goes with the next version.\n"
    )
    assert moved.stderr == ""
    # and nobody finds it there who does not know it
    assert f"  {name} " not in run_loader("--help").stdout


@pytest.mark.parametrize("engine", ["duckdb"])
def test_variables_that_named_the_loader_still_count(database: Database) -> None:
    run_loader("init", database=database, check=True)
    made = run_loader("token", "create", database=database, env={"LOADER_TOKEN_SCOPE": "ingest"})
    assert made.exit_code == 0, made.stderr
    listed = run_collector("token", "list", database=database, env={"LOADER_TOKEN_JSON": "1"})
    assert [token["scopes"] for token in listed.json()] == [["ingest"]]
