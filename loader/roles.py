"""The least-privilege roles of PostgreSQL: who may append, who may transform, who may read."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass

import psycopg

from loader.errors import UsageError
from loader.failures import database_errors
from loader.names import quoted
from loader.postgres import open_postgres
from loader.schema import statements
from loader.target import Target

# Every privilege that create_roles.sql grants, so that what a run changed can be told.
_PRIVILEGES = """
with granted as (
    select 'database ' || datname as object, datacl as acl
    from pg_database where datname = current_database()
    union all
    select 'schema ' || nspname, nspacl from pg_namespace where nspname in (%(raw)s, %(marts)s)
    union all
    select 'table ' || nspname || '.' || relname, relacl
    from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %(raw)s and relname in ('events', 'rejected_events')
)

select 'privilege ' || lower(privilege_type) || ' on ' || object || ' for ' || rolname
from granted, aclexplode(acl)
inner join pg_roles on pg_roles.oid = grantee
where rolname = any(%(roles)s)
union all
select 'role ' || rolname from pg_roles where rolname = any(%(roles)s)
union all
select 'schema ' || nspname from pg_namespace where nspname = %(marts)s
order by 1
"""


@dataclass(frozen=True)
class RoleNames:
    """Names of the three group roles; UsageError when two are the same."""

    loader: str
    transformer: str
    reader: str

    def __post_init__(self) -> None:
        repeated = [name for name, times in Counter(astuple(self)).items() if times > 1]
        if repeated:
            raise UsageError(
                f"The role {repeated[0]!r} is named twice; "
                "loader, transformer and reader need a role each."
            )


def create_roles(target: Target, names: RoleNames) -> list[str]:
    """Create what is missing of the roles, their privileges and the marts' schema.

    The raw tables must exist. Returns what was added, in words; an empty list when nothing was.
    Raises LoaderError when the user may not do this.
    """
    parameters: dict[str, object] = {
        "raw": target.raw_schema,
        "marts": target.schema,
        "roles": list(astuple(names)),
    }
    with database_errors(target, "creating the roles"), open_postgres(target) as connection:
        before = _granted(connection, parameters)
        for name in astuple(names):
            if f"role {name}" not in before:
                connection.execute(f"create role {quoted(name)} nologin".encode())
        connection.execute(
            statements(
                "create_roles",
                raw=target.raw_schema,
                marts=target.schema,
                database=connection.info.dbname,
                loader=names.loader,
                transformer=names.transformer,
                reader=names.reader,
            ).encode()
        )
        return [part for part in _granted(connection, parameters) if part not in before]


def _granted(connection: psycopg.Connection, parameters: dict[str, object]) -> list[str]:
    return [part for (part,) in connection.execute(_PRIVILEGES, parameters)]
