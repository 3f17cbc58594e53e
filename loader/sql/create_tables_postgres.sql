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

-- Statement triggers hold for the owner too, whom no missing privilege would stop.
create or replace function {raw}.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    raise exception '% on %.% refused: the raw tables are append-only',
        lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'restrict_violation',
        hint = 'Append a correcting event instead. Where rows have to go, for instance because '
            || 'a person asks for erasure, the owner runs, in one transaction: alter table … '
            || 'disable trigger append_only; the delete; alter table … enable trigger append_only.';
end
$$;

create or replace trigger append_only
before update or delete or truncate on {raw}.events
for each statement execute function {raw}.refuse_change();

create or replace trigger append_only
before update or delete or truncate on {raw}.rejected_events
for each statement execute function {raw}.refuse_change();

revoke all on {raw}.events, {raw}.rejected_events from public;
revoke all on function {raw}.refuse_change() from public;
