"""Every command and option can be found: in the README, and under a predictable variable."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from loader.cli import cli

README = (Path(__file__).parents[2] / "README.md").read_text()


def _commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


@pytest.mark.parametrize("name", list(_commands()))
def test_the_readme_names_the_command(name: str) -> None:
    assert f"`loader {name}" in README


@pytest.mark.parametrize("name", list(_commands()))
def test_each_option_has_an_environment_variable_named_after_it(name: str) -> None:
    command = _commands()[name]
    # as `loader` itself makes the contexts, with its prefix
    prefix = f"LOADER_{name.upper()}"
    for option in command.params:
        if not isinstance(option, click.Option) or option.name == "help":
            continue
        flag = max(option.opts, key=len).removeprefix("--").replace("-", "_").upper()
        given = option.envvar
        variables = [given] if isinstance(given, str) else list(given or [])
        if not variables:
            variables = [f"{prefix}_{(option.name or '').upper()}"]
        assert variables[0] in {f"{prefix}_{flag}", f"LOADER_{flag}"}, option.opts
