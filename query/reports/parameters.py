"""Comparisons from elsewhere as the parameters of a URL, which are what questions are read from."""

from __future__ import annotations

from collections.abc import Sequence

from query.reports.values import written


def as_parameter(column: str, operator: str, value: object) -> tuple[str, str]:
    """A column compared with a value, or with those of a list."""
    if isinstance(value, list):
        texts = ['"' + written(one).replace('"', '""') + '"' for one in value]
        return f"{column}__{operator}", ",".join(texts)
    return f"{column}__{operator}", written(value)


def as_list(name: str, values: Sequence[str] | None) -> list[tuple[str, str]]:
    """A parameter that takes names between commas; none where there are none."""
    return [(name, ",".join(values))] if values else []
