"""Options on where the fields of an event are: all make one mapping."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from loader.commands.options import Command, option
from loader.errors import UsageError
from loader.mapping import MappingError, mapping_from_options


def mapping_options(command: Command) -> Command:
    """Add --from, --mapping, --map, --time-format, --time-zone and --source.

    The command receives ``mapping``, a `loader.mapping.Mapping`.
    """

    @wraps(command)
    def with_mapping(**given: Any) -> Any:
        names = ("maps", "mapping_file", "from_preset", "time_formats", "time_zone", "id_source")
        maps, file, from_preset, time_formats, time_zone, source = map(given.pop, names)
        try:
            mapping = mapping_from_options(
                maps=maps,
                file=file,
                from_preset=from_preset,
                time_formats=time_formats,
                time_zone=time_zone,
                source=source,
            )
        except MappingError as error:
            raise UsageError(str(error)) from None
        return command(mapping=mapping, **given)

    decorated: Callable[..., Any] = with_mapping
    for decorate in reversed(_OPTIONS):
        decorated = decorate(decorated)
    return decorated  # type: ignore[return-value]


_OPTIONS = (
    option(
        "--from",
        "from_preset",
        envvar="LOADER_APPEND_FROM",
        metavar="PRESET",
        help="The tool that wrote the files, such as mixpanel: see loader presets.",
    ),
    option(
        "--mapping",
        "mapping_file",
        envvar="LOADER_APPEND_MAPPING",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The same as a preset, in a file of your own.",
    ),
    option(
        "--map",
        "maps",
        envvar="LOADER_APPEND_MAP",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Where a field is found, instead of its usual names. May be given several times.",
    ),
    option(
        "--time-format",
        "time_formats",
        envvar="LOADER_APPEND_TIME_FORMAT",
        multiple=True,
        metavar="FORMAT",
        help="How times are written: epoch-s, epoch-ms, epoch-us, epoch-ns, iso, or a layout such "
        "as '%d.%m.%Y %H:%M'. Of several, the first that fits.",
    ),
    option(
        "--time-zone",
        envvar="LOADER_APPEND_TIME_ZONE",
        metavar="ZONE",
        help="Zone of times without an offset, such as Europe/Berlin.",
    ),
    option(
        "--source",
        "id_source",
        envvar="LOADER_APPEND_SOURCE",
        metavar="NAME",
        help="Whose ids the events have, where they are no UUIDs; else the preset's name, or file.",
    ),
)
