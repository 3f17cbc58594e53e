"""Organisations: each has a raw schema and a schema of marts of its own."""

from __future__ import annotations

from dataclasses import replace

from loader.target import Target


def target_of(target: Target, organisation: str | None) -> Target:
    """The target with the schemas of an organisation; None stands for the default ones."""
    if organisation is None:
        return target
    return replace(
        target,
        raw_schema=f"{target.raw_schema}_{organisation}",
        schema=f"{target.schema}_{organisation}",
    )
