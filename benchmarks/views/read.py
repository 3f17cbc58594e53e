"""One process that reads the result of a query in full: `python -m benchmarks.views.read`.

The query comes from standard input, and every row leaves the engine as CSV and is dropped: the same
on both engines, without the time that Python takes to make objects of rows. With --rows the rows
are written to standard output instead, pickled, for a comparison.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from typing import Any


def main() -> None:
    """Run the query on the engine that the first argument names: duckdb FILE, or postgres."""
    engine, *options = sys.argv[1:]
    query = sys.stdin.read().strip()
    wanted = "--rows" in options
    rows = _duckdb(options[0], query, wanted) if engine == "duckdb" else _postgres(query, wanted)
    if wanted:
        pickle.dump(rows, sys.stdout.buffer)


def _duckdb(path: str, query: str, wanted: bool) -> Sequence[Any]:
    from loader.quiet_duckdb import connect  # noqa: PLC0415 - a process imports what it needs

    with connect(path, read_only=True) as connection:
        if wanted:
            return connection.execute(query).fetchall()
        connection.execute(f"copy ({query}) to '/dev/null' (format csv)")
        return []


def _postgres(query: str, wanted: bool) -> Sequence[Any]:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(options="-c TimeZone=UTC", autocommit=True) as connection:
        if wanted:
            return connection.execute(query.encode()).fetchall()
        with connection.cursor().copy(f"copy ({query}) to stdout (format csv)".encode()) as rows:
            for _ in rows:
                pass
        return []


if __name__ == "__main__":
    main()
