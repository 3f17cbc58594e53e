"""Reads sources as `loader append` does, without a database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loader.errors import LoaderError
from loader.field_names import FieldNames
from loader.readers import ReadOptions, RejectedRow, expand, members
from loader.readers.open import open_reader


@dataclass
class Read:
    """What came of sources, in their order.

    Attributes:
        texts: The rows of whole sources as readers hand them over.
        rejected: The rows that could not even be read.
        errors: Sentences on sources that could not be read to their end.
        notes: What readers say beside.
        sources: Names of the sources that were opened, members of archives among them.
        columns: Those of the last table.
    """

    texts: list[str] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Any]:
        """The rows, parsed."""
        return [json.loads(text) for text in self.texts]

    @property
    def users(self) -> list[Any]:
        """The users of all rows."""
        return [row.get("user_id") for row in self.rows]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """Line and reason of each rejected row."""
        return [(row.line, row.reason) for row in self.rejected]


def read(
    *names: str | Path,
    maps: Mapping[str, str] | None = None,
    block_bytes: int = 8 << 20,
    **options: Any,
) -> Read:
    """Read the sources that arguments of a command name; ``options`` are those of `ReadOptions`."""
    found = Read()
    for source in members(
        expand([str(name) for name in names], ReadOptions(**options), found.notes.append),
        found.notes.append,
    ):
        found.sources.append(source.name)
        texts: list[str] = []
        rejected: list[RejectedRow] = []
        try:
            with source.open() as stream:
                reader = open_reader(
                    source,
                    stream,
                    names=FieldNames(maps or {}),
                    block_bytes=block_bytes,
                    max_bytes=1 << 20,
                )
                for block in reader.blocks():
                    lines = block.text.split("\n") if block.lines else []
                    assert len(lines) == len(block.lines)
                    texts += [line for line in lines if line.strip()]
                    rejected += block.rejected
        except LoaderError as error:
            found.errors.append(error.message)
        else:
            found.texts += texts
            found.rejected += rejected
            found.notes += reader.notes
            found.columns = list(reader.columns)
    return found


def read_content(directory: Path, name: str, content: bytes | str, **options: Any) -> Read:
    """Write a file, and read it."""
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, **options)
