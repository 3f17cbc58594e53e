"""Turns what PostgreSQL and DuckDB say into sentences on what is wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb


class _Hint(NamedTuple):
    """Where one of ``marks`` occurs in libpq's text, ``problem`` is meant and ``advice`` helps."""

    marks: tuple[str, ...]
    problem: str
    advice: str


_CREATE_DATABASE = "createdb -h {host} -p {port} -U {user} --template template0 --encoding UTF8"

# libpq reports what happens before a session exists as text only, without an SQLSTATE.
_POSTGRES_HINTS = (
    _Hint(
        (r"password authentication failed", r"no password supplied", r"authentication failed"),
        "refused the password of user {user!r}",
        "Check user and password of this target in profiles.yml "
        "(or the environment variables that it reads, such as PGUSER and PGPASSWORD).",
    ),
    _Hint(
        (r'database ".*" does not exist',),
        "has no database {dbname!r}",
        f"Create it with: {_CREATE_DATABASE} {{dbname}}",
    ),
    _Hint(
        (r'role ".*" does not exist',),
        "has no user {user!r}",
        "Correct 'user:' of this target in profiles.yml, or create that user.",
    ),
    _Hint(
        (r"could not translate host name", r"failed to resolve host", r"Name or service not known"),
        "cannot be found: its host name is unknown",
        "Correct 'host:' of this target in profiles.yml.",
    ),
    _Hint(
        (r"Connection refused", r"No such file or directory", r"timeout", r"timed out"),
        "does not answer",
        "Start it, or correct host and port of this target in profiles.yml "
        "(or the environment variables that it reads, such as PGHOST and PGPORT).",
    ),
    _Hint(
        (r"too many clients", r"remaining connection slots"),
        "has no free connection",
        "Wait until others have ended, or raise max_connections.",
    ),
)


def first_line(error: Exception) -> str:
    """The first line of what a driver reports, without its full stop."""
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


def postgres_connection(kwargs: Mapping[str, str | int], error: Exception) -> str:
    """Why a connection with these libpq settings failed, and what to do."""
    server = "The PostgreSQL server at {host}:{port} "
    for hint in _POSTGRES_HINTS:
        if any(re.search(mark, str(error)) for mark in hint.marks):
            return (server + hint.problem + ". " + hint.advice).format(**kwargs)
    # The last line is libpq's own account of the last address that it tried.
    return (server + "refused the connection").format(**kwargs) + f": {first_line(error)}."


def encoding(label: str, kwargs: Mapping[str, str | int], found: str | None) -> str:
    """That a database holds its texts in an encoding that lacks most characters, and what to do."""
    # of all locales, C alone goes with any encoding on any server
    create = _CREATE_DATABASE.format(**kwargs) + " --locale C NAME"
    return (
        f"{label} has the encoding {found}, which cannot hold every text and cannot be changed: "
        f"create another database with {create}, and name it in profiles.yml."
    )


def duckdb_connection(path: Path, error: Exception) -> str:
    """Why this DuckDB file could not be opened, and what to do."""
    text = str(error)
    if "Could not set lock" in text:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
        by = f"process {holder[2]} ({holder[1]})" if holder else "another process"
        return (
            f"The DuckDB file {path} is in use by {by}, and only one process may write to it. "
            "Close that program, or wait for it to end, and run this again."
        )
    if "database file with version number" in text:
        return (
            f"The DuckDB file {path} was written by a version of DuckDB that this one "
            f"({duckdb.__version__}) cannot read. Open it with a newer DuckDB and export it, "
            "or set another 'path:' in profiles.yml."
        )
    if "not a valid DuckDB database" in text or "sqlite_scanner" in text:
        return (
            f"{path} is not a DuckDB file. "
            "Correct 'path:' in profiles.yml, or move that file out of the way."
        )
    if path.is_dir():
        return f"{path} is a directory. Set 'path:' in profiles.yml to a file."
    if not path.parent.is_dir():
        return f"There is no directory {path.parent} for the DuckDB file {path.name}. Create it."
    return f"Cannot open the DuckDB file {path}: {first_line(error)}."


def full_disk(where: str, error: Exception) -> str:
    """That a disk has no room left, and what to do."""
    return (
        f"The disk of {where} is full ({first_line(error)}). "
        "Nothing was changed; make room there and run this again."
    )


def failure(label: str, doing: str, error: Exception) -> str:
    """Why ``doing`` failed in the database called ``label``, and what to do where that is known.

    DuckDB has no codes for these, so its words tell them apart.
    """
    if re.search("No space left on device|Disk quota exceeded", str(error)):
        return full_disk(f"{label} or of its temporary files", error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            f"DuckDB ran out of memory while {doing} in {label} ({first_line(error)}). "
            "Nothing was changed; make room for its temporary files, or raise 'memory_limit' "
            "in the settings of this target in profiles.yml, and run this again."
        )
    return f"Error while {doing} in {label}: {first_line(error)}."


def staging_failure(directory: str, doing: str, error: Exception) -> str:
    """Why ``doing`` failed before the database was asked, and what to do where that is known.

    ``directory`` is where DuckDB keeps what does not fit into memory.
    """
    if re.search("No space left on device|Disk quota exceeded", str(error)):
        return full_disk(f"temporary files ({directory})", error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            f"DuckDB ran out of memory while {doing} ({first_line(error)}). Nothing was changed; "
            f"make room for temporary files in {directory}, or set TMPDIR to a directory that "
            "has more, and run this again."
        )
    return f"Error while {doing}: {first_line(error)}."
