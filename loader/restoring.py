"""A DuckDB file out of what `export database` has written.

DuckDB writes views in the order of their names and `import database` makes them in this order, so
that it stops at the first one that reads a later one. Here they are made as soon as what they read
is there.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from loader import explain, quiet_duckdb
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.names import quoted
from loader.targets import Target, open_duckdb

_SCHEMA, _LOAD = "schema.sql", "load.sql"
# No schema is called like this: a name that is a database's as well could mean either.
_WHILE_RESTORING = "loader_restored"
_VIEW = "CREATE VIEW "
_VIEWS = """
select schema_name, view_name from duckdb_views()
where not internal and database_name = current_database() order by all
"""


@dataclass(frozen=True)
class Restored:
    """How many tables and views were restored, and the views that a build has to make again.

    ``left_out`` says of each view that could not be made why; ``ambiguous`` are those that read a
    schema which is called like the file.
    """

    tables: int
    views: int
    left_out: list[str]
    ambiguous: list[str]


def restore(target: Target, directory: Path) -> Restored:
    """Make the target's file of an export, all of it or nothing.

    Raises LoaderError where there is a file already, where the directory holds no export, and
    where DuckDB cannot read it.
    """
    path = target.duckdb_path
    if path.exists():
        raise LoaderError(
            f"There is a {target.label} already, and an export becomes a new one. Move it out of "
            "the way, or set another 'path:' in profiles.yml."
        )
    missing = [name for name in (_SCHEMA, _LOAD) if not (directory / name).is_file()]
    if missing:
        raise LoaderError(
            f"{directory} has no {' and no '.join(missing)}, so it is no export of a database. "
            "Name a directory that DuckDB's `export database` has written."
        )
    made = path.with_name(f"{path.name}.restoring")
    made.unlink(missing_ok=True)
    try:
        with database_errors(target, f"restoring {directory}"):
            left_out = _fill(target, made, directory)
        made.rename(path)
    finally:
        made.unlink(missing_ok=True)
    return _look_through(target, left_out)


def _fill(target: Target, path: Path, directory: Path) -> list[str]:
    with closing(quiet_duckdb.connect(config=target.config_options)) as connection:
        text = (directory / _SCHEMA).read_text(encoding="utf-8")
        statements = [found.query.strip(";\n ") for found in connection.extract_statements(text)]
        views = [query for query in statements if query.startswith(_VIEW)]
        others = [query for query in statements if query not in views]
        place = str(path).replace("'", "''")
        connection.execute(f"attach '{place}' as {_WHILE_RESTORING}")
        connection.execute(f"use {_WHILE_RESTORING}")
        with tempfile.TemporaryDirectory(prefix="loader-") as temporary:
            for file in directory.iterdir():
                (Path(temporary) / file.name).symlink_to(file.resolve())
            schema = Path(temporary) / _SCHEMA
            schema.unlink()
            schema.write_text("".join(f"{query};\n" for query in others), encoding="utf-8")
            imported = temporary.replace("'", "''")
            connection.execute(f"import database '{imported}'")
        return _make_views(connection, views)


def _make_views(connection: duckdb.DuckDBPyConnection, views: list[str]) -> list[str]:
    """Make each as soon as what it reads is there; name and reason of those that cannot be."""
    while True:
        left: dict[str, str] = {}
        for query in views:
            try:
                connection.execute(query)
            except duckdb.Error as error:
                left[query] = explain.first_line(error)
        if len(left) == len(views):
            break
        views = list(left)
    return [
        f"{query.removeprefix(_VIEW).partition(' AS ')[0]} ({reason})"
        for query, reason in left.items()
    ]


def _look_through(target: Target, left_out: list[str]) -> Restored:
    """Count what is there, and ask each view, by the name that the file gives to the database."""
    with database_errors(target, "reading what was restored"), open_duckdb(target) as connection:
        tables = len(
            connection.execute(
                "select 1 from duckdb_tables() where not internal "
                "and database_name = current_database()"
            ).fetchall()
        )
        views = connection.execute(_VIEWS).fetchall()
        ambiguous = []
        for schema, view in views:
            try:
                connection.execute(f"select 1 from {target.place(schema)}.{quoted(view)} limit 0")
            except duckdb.Error:
                ambiguous.append(f"{schema}.{view}")
    return Restored(tables, len(views), left_out, ambiguous)
