"""The database that a target of ``profiles.yml`` names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from loader.errors import LoaderError
from loader.names import database_in, quoted

Engine = Literal["postgres", "duckdb", "lake", "clickhouse"]


@dataclass(frozen=True)
class Target:
    """One database, as a target of profiles.yml describes it.

    ``schema`` is the schema of the marts, ``raw_schema`` that of the raw tables. ``path`` is the
    DuckDB file (relative to the current directory, as in dbt-duckdb); ``settings`` are set after
    a DuckDB file is opened, ``config_options`` while it is. ``connect_kwargs`` go to psycopg or
    clickhouse-connect, and ``role`` is the name of what a PostgreSQL session then turns into.
    ``lake`` is the folder or the address of a lake, whose views and roll-ups are in the DuckDB
    file, and ``lake_schema`` is the raw schema of the events of no organisation there.
    """

    name: str
    engine: Engine
    schema: str
    raw_schema: str
    path: Path | None = None
    connect_kwargs: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    role: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    config_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    lake: str | None = None
    lake_schema: str = "raw"

    @property
    def organisation(self) -> str | None:
        """The organisation whose events a lake's raw schema has; None for those of none."""
        return self.raw_schema.removeprefix(self.lake_schema).removeprefix("_") or None

    @property
    def lake_address(self) -> str:
        """The folder or the address of the lake; LoaderError for a target of another engine."""
        if self.lake is None:
            raise LoaderError(f"Target {self.name!r} is no lake.")
        return self.lake

    @property
    def duckdb_path(self) -> Path:
        """The DuckDB file; LoaderError for a target of another engine."""
        # that of a lake has views of it and roll-ups, and nothing that the loader keeps
        if self.path is None or self.lake is not None:
            raise LoaderError(f"Target {self.name!r} is no DuckDB file.")
        return self.path

    def parts(self, schema: str) -> tuple[str, ...]:
        """The parts of the name by which SQL has a schema of this database.

        On DuckDB with the database, since a file may be called like one of its schemas, and that
        name alone would then mean either.
        """
        return (database_in(self.duckdb_path), schema) if self.engine == "duckdb" else (schema,)

    def place(self, schema: str) -> str:
        """The same as SQL."""
        return ".".join(map(quoted, self.parts(schema)))

    @property
    def label(self) -> str:
        """The database in a few words, for messages; never with a password."""
        if self.engine == "duckdb":
            return f"DuckDB file {self.path}"
        if self.engine == "lake":
            return f"lake {self.lake}"
        known = self.connect_kwargs
        if self.engine == "clickhouse":
            return (
                f"ClickHouse at {known.get('host')}:{known.get('port')} "
                f"(user {known.get('username')!r})"
            )
        return (
            f"PostgreSQL database {known.get('dbname')!r} "
            f"at {known.get('host')}:{known.get('port')} (user {known.get('user')!r})"
        )

    @property
    def no_raw_tables(self) -> str:
        """What to say and do where `loader init` has not run yet."""
        return (
            f"{self.label} has no raw tables in schema {self.raw_schema!r}, or those of an earlier "
            f"version. Create what is missing with: loader init --target {self.name}"
        )
