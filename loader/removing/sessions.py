"""Opening a transaction of somebody who may take rows out, on whichever engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from loader.errors import LoaderError
from loader.failures import database_errors
from loader.names import quoted
from loader.removing.lake import lake_session
from loader.removing.removal import Session
from loader.schema import RAW_COLUMNS
from loader.targets import Target, check_duckdb_file_exists, open_duckdb

#: For so many seconds to wait for a DuckDB file that another program holds, as a collector does.
LOCK_TIMEOUT = 10.0

_OWNERS = """
select
    pg_class.relname,
    pg_roles.rolname,
    pg_has_role(pg_class.relowner, 'usage') as is_ours
from pg_catalog.pg_class as pg_class
inner join pg_catalog.pg_namespace as pg_namespace on pg_namespace.oid = pg_class.relnamespace
inner join pg_catalog.pg_roles as pg_roles on pg_roles.oid = pg_class.relowner
where pg_namespace.nspname = ? and pg_class.relkind in ('r', 'p')
"""


@contextmanager
def session(target: Target, doing: str, *, dry_run: bool) -> Iterator[Session]:
    """A session that is committed at the end, or, with ``dry_run``, rolled back.

    Raises LoaderError where the user does not own the tables, and where the database refuses.
    """
    with database_errors(target, doing):
        if target.engine == "lake":
            with lake_session(target, dry_run=dry_run) as lake:
                yield lake
            return
        if target.engine == "duckdb":
            check_duckdb_file_exists(target)
            with open_duckdb(target, wait_seconds=LOCK_TIMEOUT) as database:
                database.begin()
                yield Session(target, database)
                database.execute("rollback" if dry_run else "commit")
            return
        from loader.postgres import open_postgres  # noqa: PLC0415 (a DuckDB file needs no psycopg)

        with open_postgres(target) as connection:
            opened = Session(target, connection)
            _check_owner(target, opened)
            yield opened
            if dry_run:
                connection.rollback()


def _check_owner(target: Target, opened: Session) -> None:
    found = opened.rows(_OWNERS, [target.raw_schema])
    if not set(RAW_COLUMNS) <= {table for table, _, _ in found}:
        raise LoaderError(target.no_raw_tables)
    for table, owner, is_ours in found:
        if table in RAW_COLUMNS and not is_ours:
            raise LoaderError(
                f"Only {quoted(owner)}, who owns {target.raw_schema}.{table}, may take anything "
                f"out of {target.label}. Run this as that user."
            )
