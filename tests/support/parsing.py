"""The project as dbt has parsed it: once in a process for all databases that have it alike."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tests.support.places import Place

_FOLDERS = ("analyses", "macros", "models", "seeds", "tests/dbt")


@dataclass(frozen=True)
class Parsed:
    """What dbt has made of a project.

    Attributes:
        fields: Those of its manifest, pickled, as whoever gets one may change it, and without
            its look-up tables, which dbt 1.11 mixes up when it pickles all of a manifest.
        database: The database that the manifest names.
        project: The directory that its seeds lie in.
        messages: What dbt said meanwhile.
    """

    fields: bytes
    database: str
    project: Path
    messages: tuple[str, ...]

    def of(self, database: Place, project: Path) -> Any:
        """The manifest for another database of the engine and another copy of the project."""
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - it takes seconds

        manifest: Any = Manifest(**pickle.loads(self.fields))  # noqa: S301 (our own)
        for node in (*manifest.nodes.values(), *manifest.sources.values()):
            if node.database == self.database:
                node.database = database.name
                if getattr(node, "relation_name", None):
                    node.relation_name = node.relation_name.replace(
                        f'"{self.database}"', f'"{database.name}"', 1
                    )
            if getattr(node, "root_path", None):
                node.root_path = node.root_path.replace(str(self.project), str(project), 1)
        manifest.build_flat_graph()  # what `graph` is in macros
        return manifest


_PARSED: dict[str, Parsed] = {}


def parsed(
    project: Path,
    database: Place,
    settings: Mapping[str, Any],
    parse: Callable[[], tuple[Any, list[str]]],
) -> Parsed:
    """What dbt makes of a project with these settings, on this engine.

    Args:
        project: The directory of dbt_project.yml.
        database: A database of the engine.
        settings: Variables of dbt and of the environment.
        parse: Parses it: the manifest, and what dbt said; its errors are passed on.

    Returns:
        What has been made of it before, or is now.
    """
    key = hashlib.sha256()
    for part in (database.engine, json.dumps(settings, sort_keys=True), *_contents(project)):
        key.update(part if isinstance(part, bytes) else part.encode())
        key.update(b"\0")
    found = _PARSED.get(key.hexdigest())
    if found is None:
        manifest, messages = parse()
        kept = [field.name for field in fields(manifest) if not field.name.startswith("_")]
        pickled = pickle.dumps({name: getattr(manifest, name) for name in kept})
        found = Parsed(pickled, database.name, project, tuple(messages))
        _PARSED[key.hexdigest()] = found
    return found


def _contents(project: Path) -> Iterator[str | bytes]:
    """Names and contents of all that dbt parses; of seeds it is the names alone."""
    files = [
        path
        for pattern in ("*.yml", *(f"{folder}/**/*" for folder in _FOLDERS))
        for path in project.glob(pattern)
        if path.is_file()
    ]
    for path in sorted(files):
        yield str(path.relative_to(project))
        yield b"" if path.suffix == ".csv" else path.read_bytes()
