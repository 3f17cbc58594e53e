"""Layouts that are shipped: one YAML file for each tool that events are exported from."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources

from loader.mapping.layout import Layout, read_layout
from loader.mapping.mapping import MappingError

_FILES = resources.files("loader") / "presets"
_ENDING = ".yml"


@cache
def preset_names() -> tuple[str, ...]:
    """The names of all presets, sorted."""
    names = (file.name for file in _FILES.iterdir() if file.name.endswith(_ENDING))
    return tuple(sorted(name.removesuffix(_ENDING) for name in names))


def preset_text(name: str) -> str:
    """The file of a preset; MappingError where there is none."""
    if name not in preset_names():
        alike = difflib.get_close_matches(name, preset_names(), n=1)
        advice = f"Is it {alike[0]}?" if alike else "See loader presets."
        raise MappingError(f"There is no preset called {name}. {advice}")
    return (_FILES / f"{name}{_ENDING}").read_text(encoding="utf-8")


def preset(name: str) -> Layout:
    """The layout of a preset; MappingError where there is none."""
    return read_layout(preset_text(name), f"preset {name}")
