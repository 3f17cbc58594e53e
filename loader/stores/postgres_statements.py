"""The statements by which events get into PostgreSQL."""

from __future__ import annotations

from psycopg import sql

ANY_EVENT = sql.SQL("select from {events} limit 1")
PRESENT_IN_SAMPLE = sql.SQL("""
    select count(*) from unnest(%s::uuid[]) as sample (event_id)
    where exists (select from {events} as present where present.event_id = sample.event_id)
""")

ERASED = sql.SQL("select event_hash from {erased}")
DELIVER = sql.SQL("""
    insert into {deliveries}
    (delivery_id, source, delivered_at, read, appended, duplicate, conflicting, rejected)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
""")

CREATE_IDS = sql.SQL("create temporary table {table} (event_id uuid) on commit drop")
PRESENT = sql.SQL("""
    copy (
        select event_id from {table} as ids
        where exists (select from {events} as present where present.event_id = ids.event_id)
    ) to stdout
""")

STAGED_COLUMNS = {
    "line": "bigint",
    "event_id": "uuid",
    "event_name": "text",
    "event_time": "timestamptz",
    "user_id": "text",
    "properties": "jsonb",
}
CREATE_STAGED = sql.SQL("""
    create temporary table {table} (
        line bigint, event_id uuid, event_name text, event_time timestamptz, user_id text,
        properties jsonb
    ) on commit drop
""")
# Without statistics the plan would be one for a handful of rows.
ANALYZE = sql.SQL("analyze {table} (event_id)")
# Sorted by id, so that loaders that meet lock rows in the same order, and the index grows in order;
# by line within one id, so that the first one wins.
INSERT_STAGED = sql.SQL("""
    insert into {events} (event_id, event_name, event_time, user_id, properties, ingested_at)
    select distinct on (event_id)
        event_id, event_name, event_time, user_id, properties, %(now)s
    from {table} as staged
    where
        not exists (
            select from {events} as present where present.event_id = staged.event_id
        )
        and not exists (
            select from {erased} as erased where erased.event_hash = md5(staged.event_id::text)
        )
    order by event_id, line
    on conflict do nothing
""")
# The images of two jsonb are compared in no time, and equal images are equal texts. As text, jsonb
# tells 1.0 from 1, as DuckDB does; its keys are in a fixed order.
DIFFERING = sql.SQL("""
    select staged.line
    from {table} as staged
    inner join {events} as present on present.event_id = staged.event_id
    where
        staged.event_name <> present.event_name
        or staged.event_time <> present.event_time
        or staged.user_id <> present.user_id
        or (
            row(staged.properties)::record *<> row(present.properties)::record
            and staged.properties::text <> present.properties::text
        )
""")

REJECTED_COLUMNS = {
    "rejected_id": "uuid",
    "reason": "text",
    "detail": "text",
    "original_text": "text",
    "source": "text",
    "line": "bigint",
}
CREATE_REJECTED = sql.SQL("""
    create temporary table {table} (
        rejected_id uuid, reason text, detail text, original_text text, source text, line bigint
    ) on commit drop
""")
COPY_REJECTED = sql.SQL(
    "copy {table} (rejected_id, reason, detail, original_text, source, line) from stdin"
)
INSERT_REJECTED = sql.SQL("""
    insert into {rejected}
    (rejected_id, reason, detail, original_text, source, line, rejected_at)
    select rejected_id, reason, detail, original_text, source, line, %(now)s
    from {table}
    order by rejected_id
    on conflict do nothing
""")
