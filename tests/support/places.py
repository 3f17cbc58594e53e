"""Where a project is built, as far as loader and dbt need to know it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """A database of any engine.

    Attributes:
        engine: The target of profiles.yml.
        directory: A scratch directory of this place alone, with profiles.yml and what dbt writes.
        name: What dbt calls the database; empty where the engine has schemas only.
    """

    @property
    def engine(self) -> str:
        """A target of profiles.yml."""

    @property
    def directory(self) -> Path:
        """A directory that exists."""

    @property
    def name(self) -> str:
        """As dbt calls it."""

    def env(self) -> dict[str, str]:
        """Return the environment in which loader and dbt both work here."""
