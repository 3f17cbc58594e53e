create schema if not exists {raw};

create table if not exists {raw}.events (
    event_id uuid not null,
    event_name text not null,
    event_time timestamp with time zone not null,
    user_id text not null,
    properties jsonb not null,
    ingested_at timestamp with time zone not null,
    constraint events_pkey primary key (event_id)
);

create table if not exists {raw}.rejected_events (
    rejected_id uuid not null,
    reason text not null,
    detail text,
    original_text text not null,
    source text not null,
    line bigint,
    rejected_at timestamp with time zone not null,
    constraint rejected_events_pkey primary key (rejected_id)
);

-- One row for each file or request: its events have its delivered_at as their ingested_at, and the
-- rows that were rejected first with it as their rejected_at.
create table if not exists {raw}.deliveries (
    delivery_id uuid not null,
    source text not null,
    delivered_at timestamp with time zone not null,
    read bigint not null,
    appended bigint not null,
    duplicate bigint not null,
    conflicting bigint not null,
    rejected bigint not null,
    constraint deliveries_pkey primary key (delivery_id),
    constraint deliveries_delivered_at_key unique (delivered_at)
);

create table if not exists {raw}.removals (
    removal_id uuid not null,
    action text not null,
    delivery_id uuid,
    removed_at timestamp with time zone not null,
    removed_by text not null,
    users bigint not null,
    events bigint not null,
    rejected bigint not null,
    constraint removals_pkey primary key (removal_id)
);

create table if not exists {raw}.removed_users (
    removal_id uuid not null,
    user_hash text not null,
    constraint removed_users_pkey primary key (removal_id, user_hash)
);

create table if not exists {raw}.removed_events (
    removal_id uuid not null,
    ingested_at timestamp with time zone not null,
    events bigint not null,
    constraint removed_events_pkey primary key (removal_id, ingested_at)
);

create table if not exists {raw}.erased_events (
    event_hash text not null,
    erased_at timestamp with time zone not null,
    constraint erased_events_pkey primary key (event_hash)
);

-- Statement triggers hold for the owner too, whom no missing privilege would stop.
create or replace function {raw}.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    raise exception '% on %.% refused: the raw tables are append-only',
        lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'restrict_violation',
        hint = 'Append a correcting event instead. What went in by mistake the owner takes out again '
            || 'with loader withdraw, and all of a person with loader erase.';
end
$$;

create or replace trigger append_only
before update or delete or truncate on {raw}.events
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.rejected_events
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.deliveries
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.removals
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.removed_users
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.removed_events
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.erased_events
for each statement execute function {raw}.refuse_change();

revoke all on
{raw}.events, {raw}.rejected_events, {raw}.deliveries, {raw}.removals, {raw}.removed_users,
{raw}.removed_events, {raw}.erased_events
from public;
revoke all on function {raw}.refuse_change() from public;
