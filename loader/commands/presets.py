"""``loader presets``: the tools whose exports the loader knows."""

from __future__ import annotations

import json

import click

from loader.commands.options import epilog, option
from loader.errors import UsageError
from loader.mapping import MappingError
from loader.mapping.presets import preset, preset_names, preset_text


@click.command(
    epilog=epilog(
        "loader presets",
        "loader presets mixpanel",
        "loader presets mixpanel > ours.yml && loader append export.jsonl --mapping ours.yml",
    )
)
@click.argument("name", required=False)
@option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="LOADER_PRESETS_JSON",
    help="Print the list as JSON.",
)
def presets(name: str | None, *, as_json: bool) -> None:
    """List the tools whose exports `loader append --from` reads, or show the preset NAME.

    A preset is a file that you could have written: keep a copy, change it, and use it with
    `loader append --mapping FILE`.
    """
    if name is not None:
        try:
            click.echo(preset_text(name), nl=False)
        except MappingError as error:
            raise UsageError(str(error)) from None
        return
    found = {each: preset(each) for each in preset_names()}
    if as_json:
        listed = [
            {"name": each, "description": layout.description, "docs": layout.docs}
            for each, layout in found.items()
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    width = max(map(len, found))
    for each, layout in found.items():
        click.echo(f"{each:<{width}}  {layout.description}")
        click.echo(f"{'':<{width}}  {layout.docs}")
