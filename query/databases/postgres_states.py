"""What PostgreSQL says of the state of an organisation's data."""

from __future__ import annotations

from datetime import date

import psycopg

from loader.organisations import target_of
from loader.targets import Target
from query.databases.base import Delivery, relation_of, schema_of
from query.databases.states import LATEST_DATES, LATEST_DELIVERY, LATEST_KEPT, delivery_of

# What changes whenever an answer could: the definitions of all relations that answers are made of,
# by the transactions that wrote them, and PostgreSQL's statistics of how many of their rows were
# written. Everybody may read both. Definitions change with the commit, statistics within seconds.
# Where builds keep roll-ups, events are not among these relations, so that answers outlive
# deliveries until the next build.
_FINGERPRINT = """
with recursive needed as (
    select classes.oid
    from pg_catalog.pg_class as classes
    inner join pg_catalog.pg_namespace as schemas
        on classes.relnamespace = schemas.oid
    where
        classes.relkind in ('r', 'p', 'v', 'm')
        and (
            schemas.nspname = $1
            -- beside the public views, what metrics are made of, and what a build writes last
            or schemas.nspname = $2
            and (
                starts_with(classes.relname, 'fct_')
                or classes.relname in ('int_funnel_steps', 'int_time_spine', 'kept_deliveries')
            )
        )
    union
    select parts.refobjid
    from needed
    inner join pg_catalog.pg_rewrite as rules
        on needed.oid = rules.ev_class
    inner join pg_catalog.pg_depend as parts
        on rules.oid = parts.objid
    where
        parts.classid = 'pg_catalog.pg_rewrite'::regclass
        and parts.refclassid = 'pg_catalog.pg_class'::regclass
),

described as (
    select
        needed.oid,
        concat_ws(
            ':',
            needed.oid,
            classes.xmin,
            rules.xmin,
            pg_stat_get_tuples_inserted(needed.oid),
            pg_stat_get_tuples_updated(needed.oid),
            pg_stat_get_tuples_deleted(needed.oid)
        ) as text
    from needed
    inner join pg_catalog.pg_class as classes
        on needed.oid = classes.oid
    left join pg_catalog.pg_rewrite as rules
        on needed.oid = rules.ev_class
)

select md5(concat_ws(',', $1::text, string_agg(text, ',' order by oid, text)))
from described
"""

# Whether a role may read a table; no row where there is none. Not by to_regclass(), which fails for
# a schema that the user may not use.
_MAY_READ = """
select
    has_schema_privilege($3, schemas.oid, 'usage')
    and has_table_privilege($3, classes.oid, 'select')
from pg_catalog.pg_class as classes
inner join pg_catalog.pg_namespace as schemas
    on classes.relnamespace = schemas.oid
where schemas.nspname = $1 and classes.relname = $2
"""

_IS_FLAGGED = """
select from pg_catalog.pg_attribute where attrelid = to_regclass($1) and attname = 'is_complete'
"""


async def fingerprint(
    session: psycopg.AsyncConnection, target: Target, organisation: str | None
) -> str:
    """The token of the state."""
    schemas = [schema_of(target, organisation, name) for name in (None, "intermediate")]
    [(token,)] = await (await session.execute(_FINGERPRINT, schemas)).fetchall()
    return str(token[:16])


async def may_read(
    session: psycopg.AsyncConnection, schema: str, name: str, role: str = ""
) -> bool | None:
    """Whether a role, or the user itself, may read a relation; None if it is not there."""
    if role:
        cursor = await session.execute("select from pg_roles where rolname = $1", [role])
        if await cursor.fetchone() is None:
            return False
    [(user,)] = await (await session.execute("select current_user::text")).fetchall()
    found = await (await session.execute(_MAY_READ, [schema, name, role or user])).fetchone()
    return None if found is None else bool(found[0])


async def delivery_in_views(
    session: psycopg.AsyncConnection, target: Target, organisation: str | None
) -> Delivery | None:
    """The latest delivery that the views hold; None where the user may not find out."""
    raw = target_of(target, organisation).raw_schema
    beneath = schema_of(target, organisation, "intermediate")
    bound, may_read_kept = None, await may_read(session, beneath, "kept_deliveries")
    if may_read_kept is False or not await may_read(session, raw, "deliveries"):
        return None
    deliveries = f"{target.place(raw)}.deliveries"
    kept = relation_of(target, organisation, "kept_deliveries", "intermediate")
    if may_read_kept:
        query = LATEST_KEPT.format(kept=kept)
        [(bound,)] = await (await session.execute(query.encode())).fetchall()
    query = LATEST_DELIVERY.format(deliveries=deliveries)
    return delivery_of(await (await session.execute(query.encode(), [bound])).fetchone())


async def latest_dates_may_be_read(
    session: psycopg.AsyncConnection, target: Target, organisation: str | None, role: str
) -> bool:
    """Whether a role may read what has all dates of reports."""
    beneath = schema_of(target, organisation, "intermediate")
    return bool(await may_read(session, beneath, "int_time_spine", role))


async def latest_dates(
    session: psycopg.AsyncConnection, target: Target, organisation: str | None
) -> tuple[date | None, date | None]:
    """The last date of all reports, and the last one that is over, where that is known."""
    spine = relation_of(target, organisation, "int_time_spine", "intermediate")
    flagged = await (await session.execute(_IS_FLAGGED, [spine])).fetchone()
    flag = "is_complete" if flagged is not None else "false"
    query = LATEST_DATES.format(spine=spine, is_complete=flag)
    [(as_of, complete)] = await (await session.execute(query.encode())).fetchall()
    return as_of, complete
