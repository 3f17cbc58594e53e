"""The statements by which events get into PostgreSQL."""

from __future__ import annotations

from psycopg import sql

# A row is an event where reason is null, and a rejected row elsewhere. Properties stay text until
# they are inserted: jsonb would be parsed for duplicates in vain.
CREATE_STAGE = sql.SQL("""
    create temporary table {table} (
        line bigint, event_id uuid, event_name text, event_time timestamptz, user_id text,
        properties text, rejected_id uuid, reason text, detail text, original_text text
    ) on commit drop
""")
COPY = sql.SQL("copy {table} from stdin (format text, encoding 'utf8')")
# Without statistics the plan would be one for a handful of rows.
ANALYZE = sql.SQL("analyze {table} (event_id, reason)")
NULLS = "\\N\t\\N\t\\N\t\\N"
# Only properties can hold a backslash: the lane lets no other field have an escape.
COPY_TEXT = f"""
    select
        count(*) filter (row is null),
        string_agg(concat_ws(
            '\t', line, event_id, event_name, event_time, user_id,
            replace(properties, '\\', '\\\\'), '{NULLS}\n'
        ), '') filter (row is null),
        list(line order by line) filter (row is not null),
        list(row order by line) filter (row is not null)
    from ({{checked}})
"""
# Sorted by id, so that loaders that meet lock rows in the same order, and the index grows in order;
# by line within one id, so that the first one wins.
INSERT_NEW = """
    insert into {{events}} (event_id, event_name, event_time, user_id, properties, ingested_at)
    select distinct on (event_id)
        event_id, event_name, event_time, user_id, properties::jsonb, %(now)s
    from {{table}} as staged
    where
        reason is null
        {new}
    order by event_id, line
"""
ABSENT = """
    and not exists (select from {events} as present where present.event_id = staged.event_id)
"""
INSERT = sql.SQL(INSERT_NEW.format(new=ABSENT))
# Into an empty table, where there is nothing to look for.
INSERT_FIRST = sql.SQL(INSERT_NEW.format(new=""))
ANY_EVENT = sql.SQL("select from {events} limit 1")
# The clause takes half as long again, so it is left out where no other loader is met.
INSERT_BESIDE_OTHERS = sql.SQL(INSERT.as_string() + " on conflict do nothing")
# As text, jsonb tells 1.0 from 1, as DuckDB does; its keys are in a fixed order.
CONFLICTS = sql.SQL("""
    select
        staged.line, staged.event_id, staged.event_name, staged.event_time, staged.user_id,
        staged.properties
    from {table} as staged
    inner join {events} as present on present.event_id = staged.event_id
    where
        staged.reason is null
        and (
            {before}
            or staged.event_id in (
                select event_id from {table} where reason is null
                group by event_id having count(*) > 1
            )
        )
        and (
            staged.event_name <> present.event_name
            or staged.event_time <> present.event_time
            or staged.user_id <> present.user_id
            or staged.properties::jsonb::text <> present.properties::text
        )
    order by staged.line
""")
INSERT_CONFLICT = sql.SQL("""
    insert into {rejected}
    (rejected_id, reason, detail, original_text, source, line, rejected_at)
    values (%s, %s, %s, %s, %s, %s, statement_timestamp())
    on conflict do nothing
""")
INSERT_REJECTED = sql.SQL("""
    insert into {rejected}
    (rejected_id, reason, detail, original_text, source, line, rejected_at)
    select rejected_id, reason, detail, original_text, %(source)s, line, statement_timestamp()
    from {table}
    where reason is not null
    order by rejected_id
    on conflict do nothing
""")
