"""The database that a target of ``profiles.yml`` names, and how to open it.

Whatever keeps a database from being opened ends in a LoaderError that says what to do.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb

# DuckDB imports it when it first hands over a time, and takes a Ctrl-C meanwhile for its absence.
import pytz  # type: ignore[import-untyped]  # noqa: F401

from loader import explain, profiles, quiet_duckdb
from loader.errors import LoaderError
from loader.names import check_duckdb_file, database_in, quoted

Engine = Literal["postgres", "duckdb"]

# Connection settings that dbt and libpq name alike.
_POSTGRES_TEXT_KEYS = ("host", "user", "sslmode", "sslcert", "sslkey", "sslrootcert")
_POSTGRES_NUMBER_KEYS = ("port", "connect_timeout", "keepalives_idle")
_LOCK_POLL_SECONDS = 0.1

# dbt writes `role:` into its SQL as it stands: a plain name, whose letters do not count as upper or
# lower, or one in quotes.
_PLAIN_ROLE = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_QUOTED_ROLE = re.compile(r"""\"((?:[^"]|"")+)\"|'((?:[^']|'')+)'""")


@dataclass(frozen=True)
class Target:
    """One database, as a target of profiles.yml describes it.

    ``schema`` is the schema of the marts, ``raw_schema`` that of the raw tables. ``path`` is the
    DuckDB file (relative to the current directory, as in dbt-duckdb); ``settings`` are set after
    a DuckDB file is opened, ``config_options`` while it is. ``connect_kwargs`` go to psycopg, and
    ``role`` is the name of what a PostgreSQL session then turns into.
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

    @property
    def duckdb_path(self) -> Path:
        """The DuckDB file; LoaderError for a target of another engine."""
        if self.path is None:
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
        known = self.connect_kwargs
        return (
            f"PostgreSQL database {known.get('dbname')!r} "
            f"at {known.get('host')}:{known.get('port')} (user {known.get('user')!r})"
        )

    @property
    def no_raw_tables(self) -> str:
        """What to say and do where `loader init` has not run yet."""
        return (
            f"{self.label} has no raw tables in schema {self.raw_schema!r}. "
            f"Create them with: loader init --target {self.name}"
        )


def load_target(name: str | None, profiles_dir: Path | None, raw_schema: str) -> Target:
    """Read the target ``name`` (or the profile's default) from profiles.yml, as dbt would.

    Raises LoaderError when it cannot be found, rendered or understood.
    """
    chosen, output, path = profiles.read_output(name, profiles_dir)
    where = f"Target {chosen!r} in {path}"
    engine = output.get("type")
    if engine == "postgres":
        return _postgres_target(chosen, output, raw_schema, where)
    if engine == "duckdb":
        return _duckdb_target(chosen, output, raw_schema, where)
    raise LoaderError(
        f"{where} has the type {engine!r}, which the loader cannot append to. "
        "Use a target of type postgres or duckdb."
    )


def _duckdb_target(name: str, output: Mapping[str, Any], raw_schema: str, where: str) -> Target:
    path = str(output.get("path") or ":memory:")
    if path.startswith((":memory:", "md:", "motherduck:", "ducklake:")):
        raise LoaderError(
            f"{where} has the path {path!r}, and the loader needs a DuckDB file. "
            "Set 'path:' to one, such as events.duckdb."
        )
    file = Path(path).expanduser() if path.startswith("~") else Path(path)
    check_duckdb_file(file, where)
    return Target(
        name=name,
        engine="duckdb",
        schema=str(output.get("schema") or "main"),
        raw_schema=raw_schema,
        path=file,
        settings=output.get("settings") or {},
        config_options=output.get("config_options") or {},
    )


def _postgres_target(name: str, output: Mapping[str, Any], raw_schema: str, where: str) -> Target:
    database = output.get("dbname", output.get("database"))
    given = {**output, "dbname": database}
    missing = [key for key in ("host", "user", "dbname", "schema") if not given.get(key)]
    if missing:
        raise LoaderError(f"{where} lacks {', '.join(missing)}. Add it there, as dbt needs it too.")
    kwargs: dict[str, str | int] = {"dbname": str(database), "port": 5432, "connect_timeout": 10}
    kwargs.update({key: str(output[key]) for key in _POSTGRES_TEXT_KEYS if output.get(key)})
    for key in _POSTGRES_NUMBER_KEYS:
        if output.get(key):
            try:
                kwargs[key] = int(output[key])
            except (TypeError, ValueError) as error:
                raise LoaderError(
                    f"{where}: {key} is {output[key]!r}, which is not a whole number."
                ) from error
    password = output.get("password", output.get("pass"))
    if password not in (None, ""):
        kwargs["password"] = str(password)
    if output.get("search_path"):
        kwargs["options"] = "-c search_path=" + str(output["search_path"]).replace(" ", "\\ ")
    return Target(
        name=name,
        engine="postgres",
        schema=str(output["schema"]),
        raw_schema=raw_schema,
        connect_kwargs=kwargs,
        role=_role(str(output["role"]), where) if output.get("role") else None,
    )


def _role(written: str, where: str) -> str:
    """The name of the role that dbt would turn into."""
    text = written.strip()
    if _PLAIN_ROLE.fullmatch(text):
        return "".join(letter.lower() if letter.isascii() else letter for letter in text)
    quoted = _QUOTED_ROLE.fullmatch(text)
    if quoted is None:
        raise LoaderError(
            f"{where}: role is {written!r}, which dbt does not take for a name; write it in "
            "double quotes within single ones: role: '\"…\"'."
        )
    return quoted[1].replace('""', '"') if quoted[1] else quoted[2].replace("''", "'")


def open_duckdb(
    target: Target, read_only: bool = False, wait_seconds: float = 0.0
) -> duckdb.DuckDBPyConnection:
    """Open the DuckDB file, waiting up to ``wait_seconds`` while another process holds it.

    Raises LoaderError saying what to do. Times are shown in UTC.
    """
    path = target.duckdb_path
    if read_only and not path.exists():
        raise LoaderError(f"There is no DuckDB file {path}. Create it with: loader init")
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            connection = quiet_duckdb.connect(
                path, read_only=read_only, config=target.config_options
            )
            break
        except duckdb.Error as error:
            locked = "Could not set lock" in str(error)
            if not locked or time.monotonic() >= deadline:
                raise LoaderError(explain.duckdb_connection(path, error)) from error
            time.sleep(_LOCK_POLL_SECONDS)
    try:
        for key, value in target.settings.items():
            text = str(value).replace("'", "''")
            connection.execute(f"set {key} = '{text}'")
        quiet_duckdb.settle(connection)
    except duckdb.Error as error:
        connection.close()
        raise LoaderError(
            f"DuckDB refuses a setting of target {target.name!r}: {explain.first_line(error)}. "
            "Correct 'settings:' in profiles.yml."
        ) from error
    return connection
