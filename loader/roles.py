"""The least-privilege roles of PostgreSQL: who may append, who may transform, who may read.

What dbt builds belongs to the transformer, whoever runs it: PostgreSQL lets nobody but the owner of
a view replace it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, replace
from typing import NamedTuple

import psycopg

from loader.errors import LoaderError, UsageError
from loader.failures import database_errors
from loader.names import quoted
from loader.postgres import open_postgres
from loader.schema import create_in_postgres, statements, text_of
from loader.targets import Target

#: What dbt_project.yml calls the schemas beneath the marts, whose name theirs begin with.
BENEATH = ("definitions", "intermediate", "staging")

# In bytes; PostgreSQL cuts off the rest.
_LONGEST_NAME = 63

# Every privilege that create_roles.sql grants, so that what a run changed can be told.
_PRIVILEGES = """
with granted as (
    select 'database ' || datname as object, datacl as acl
    from pg_database where datname = current_database()
    union all
    select 'schema ' || nspname, nspacl from pg_namespace
    where nspname = %(raw)s or nspname = any(%(built)s)
    union all
    select 'table ' || nspname || '.' || relname, relacl
    from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %(raw)s
    union all
    select 'what ' || rolname || ' makes in schema ' || nspname, defaclacl
    from pg_default_acl
    inner join pg_namespace on pg_namespace.oid = defaclnamespace
    inner join pg_roles on pg_roles.oid = defaclrole
    where nspname = %(marts)s and rolname = any(%(roles)s) and defaclobjtype = 'r'
)

select 'privilege ' || lower(privilege_type) || ' on ' || object || ' for ' || rolname
from granted, aclexplode(acl)
inner join pg_roles on pg_roles.oid = grantee
where rolname = any(%(roles)s)
union all
select 'role ' || rolname from pg_roles where rolname = any(%(roles)s)
union all
select 'schema ' || nspname from pg_namespace where nspname = any(%(built)s)
order by 1
"""

_USER = """
select current_user, rolsuper or rolcreaterole from pg_roles where rolname = current_user
"""


@dataclass(frozen=True)
class RoleNames:
    """Names of the three group roles; UsageError when two are the same, or one cannot be a name."""

    loader: str
    transformer: str
    reader: str

    def __post_init__(self) -> None:
        names = astuple(self)
        repeated = [name for name, times in Counter(names).items() if times > 1]
        if repeated:
            raise UsageError(
                f"The role {repeated[0]!r} is named twice; "
                "loader, transformer and reader need a role each."
            )
        for name in names:
            if not 0 < len(name.encode()) <= _LONGEST_NAME or "\0" in name:
                raise UsageError(
                    f"{name!r} is no name for a role; use one of 1 to {_LONGEST_NAME} bytes."
                )


class _Part(NamedTuple):
    """A schema, table or view, by its quoted name, and who owns it."""

    kind: str
    name: str
    owner: str
    is_ours: bool


def create_tables_and_roles(target: Target, names: RoleNames) -> list[str]:
    """Create what is missing of raw tables, roles, their privileges and schemas: all or nothing.

    The schemas that dbt builds in become the transformer's, with all that dbt has built there. The
    user acts for itself and not as the role of the target, which may not be there yet. Returns what
    was added, in words; an empty list when nothing was. Raises LoaderError when the user may not
    do this.
    """
    target = replace(target, role=None)
    built = [target.schema, *(f"{target.schema}_{name}" for name in BENEATH)]
    parameters: dict[str, object] = {
        "raw": target.raw_schema,
        "marts": target.schema,
        "built": built,
        "roles": list(astuple(names)),
    }
    with database_errors(target, "creating the roles"), open_postgres(target) as connection:
        before = _granted(connection, parameters)
        others = [
            part for part in _parts(connection, parameters) if part.owner != names.transformer
        ]
        _check_user(target, connection, names, before, others)
        created = create_in_postgres(target, connection)
        expected = _expected(target, connection.info.dbname, names, built)
        if not others and expected <= before.keys():
            return created
        for name in astuple(names):
            if f"role {name}" not in before:
                connection.execute(f"create role {quoted(name)} nologin".encode())
        _join(connection, names.transformer)
        _hand_over(connection, others, built, names.transformer)
        connection.execute(
            statements(
                "create_roles",
                raw=target.raw_schema,
                marts=target.schema,
                intermediate=f"{target.schema}_intermediate",
                database=connection.info.dbname,
                loader=names.loader,
                transformer=names.transformer,
                reader=names.reader,
            ).encode()
        )
        after = _granted(connection, parameters)
        # PostgreSQL only warns where it has granted less than it was asked for.
        for part in sorted(expected - after.keys()):
            raise LoaderError(
                f"The user of {target.label} may not create the {part}. Nothing was changed; let "
                "the owner of the database, or an administrator, run this command."
            )
        created += [part for part in after if part not in before]
        return created + _given(others, names.transformer)


def _granted(connection: psycopg.Connection, parameters: dict[str, object]) -> dict[str, None]:
    """What there is, in words, in order."""
    return dict.fromkeys(part for (part,) in connection.execute(_PRIVILEGES, parameters))


def _expected(target: Target, database: str, names: RoleNames, built: list[str]) -> set[str]:
    """What there shall be, in the same words."""
    raw, marts = target.raw_schema, target.schema
    tables = [f"table {raw}.{name}" for name in ("events", "rejected_events", "deliveries")]
    removals = [f"table {raw}.{name}" for name in ("removals", "removed_users", "removed_events")]
    privileges = {
        names.loader: [
            *(f"{privilege} on database {database}" for privilege in ("connect", "temporary")),
            f"usage on schema {raw}",
            *(f"{privilege} on {table}" for privilege in ("select", "insert") for table in tables),
            f"select on table {raw}.erased_events",
        ],
        names.transformer: [
            *(f"{name} on database {database}" for name in ("connect", "create", "temporary")),
            f"usage on schema {raw}",
            *(f"select on {table}" for table in (*tables, *removals)),
            *(f"{privilege} on schema {marts}" for privilege in ("usage", "create")),
        ],
        names.reader: [
            f"connect on database {database}",
            f"usage on schema {marts}",
            f"usage on schema {marts}_intermediate",
            f"select on what {names.transformer} makes in schema {marts}",
        ],
    }
    return {
        *(f"role {name}" for name in privileges),
        *(f"schema {name}" for name in built),
        *(
            f"privilege {privilege} for {name}"
            for name, granted in privileges.items()
            for privilege in granted
        ),
    }


def _parts(connection: psycopg.Connection, parameters: dict[str, object]) -> list[_Part]:
    query = text_of("owners").encode()
    return [_Part(*row) for row in connection.execute(query, parameters)]


def _given(parts: Collection[_Part], transformer: str) -> list[str]:
    """In words, what has another owner now: schemas by their names, what is in them by number."""
    counted = Counter(part.kind for part in parts if part.kind != "schema")
    schemas = [f"schema {part.name}" for part in parts if part.kind == "schema"]
    within = [f"{number} {kind}s" for kind, number in sorted(counted.items())]
    return [f"ownership of {what} for {transformer}" for what in schemas + within]


def _check_user(
    target: Target,
    connection: psycopg.Connection,
    names: RoleNames,
    before: Collection[str],
    others: Sequence[_Part],
) -> None:
    """Refuse a user who lacks a right, before anything is changed."""
    [(user, may_create_roles)] = connection.execute(_USER).fetchall()
    missing = [repr(name) for name in astuple(names) if f"role {name}" not in before]
    if missing and not may_create_roles:
        raise LoaderError(
            f"{target.label} has no role {' and no '.join(missing)}, and this user may not create "
            f"roles. Let an administrator run: alter role {quoted(user)} createrole"
        )
    foreign = [part for part in others if not part.is_ours]
    if foreign:
        owners = sorted({part.owner for part in foreign})
        raise LoaderError(
            f"In {target.label}, the {foreign[0].kind} {foreign[0].name} belongs to "
            f"{foreign[0].owner!r}, and this user may not hand it over to {names.transformer!r}. "
            f"Let {' and '.join(map(repr, owners))}, or an administrator, run this command."
        )


def _hand_over(
    connection: psycopg.Connection, others: Collection[_Part], built: list[str], transformer: str
) -> None:
    """Make the transformer the owner of what there is, and of the schemas that are missing."""
    owner = quoted(transformer)
    for part in others:
        # PostgreSQL takes `alter table` for views, too.
        kind = "schema" if part.kind == "schema" else "table"
        connection.execute(f"alter {kind} {part.name} owner to {owner}".encode())
    for schema in built:
        connection.execute(
            f"create schema if not exists {quoted(schema)} authorization {owner}".encode()
        )


def _join(connection: psycopg.Connection, role: str) -> None:
    """Let the user have the rights of a role, to hand over to it and to build as it."""
    [(is_member,)] = connection.execute("select pg_has_role(%s, 'USAGE')", [role]).fetchall()
    if not is_member:
        # Since PostgreSQL 16 who makes a role may grant it, and has no other right of it.
        options = (
            " with inherit true, set true" if connection.info.server_version >= 160_000 else ""
        )
        connection.execute(f"grant {quoted(role)} to current_user{options}".encode())
