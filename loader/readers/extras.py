"""Libraries that only some formats and addresses need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from loader.errors import LoaderError


def needed(module: str, source: str, extra: str) -> Any:
    """Import a library of an optional extra; LoaderError with the command that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise LoaderError(
            f"Reading {source} needs the package {module.partition('.')[0]}, which is not "
            f"installed. Install it with: pip install 'dbt-event-analytics[{extra}]'"
        ) from error
