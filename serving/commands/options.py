"""What the options of the collector's commands have in common."""

from __future__ import annotations


def variables(name: str) -> list[str]:
    """The environment variables of an option; the second one is from when it was the loader's."""
    return [f"COLLECTOR_{name}", f"LOADER_{name}"]
