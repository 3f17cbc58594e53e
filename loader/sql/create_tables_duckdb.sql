create schema if not exists {raw};

-- No primary key: its index costs time and memory, and the loader, the file's only writer while
-- it appends, looks for present ids in the same transaction.
create table if not exists {raw}.events (
    event_id uuid not null,
    event_name varchar not null,
    event_time timestamp with time zone not null,
    user_id varchar not null,
    properties json not null,
    ingested_at timestamp with time zone not null
);

create table if not exists {raw}.rejected_events (
    rejected_id uuid not null,
    reason varchar not null,
    detail varchar,
    original_text varchar not null,
    source varchar not null,
    line bigint,
    rejected_at timestamp with time zone not null
);

-- One row for each file or request: its events have its delivered_at as their ingested_at, and the
-- rows that were rejected first with it as their rejected_at.
create table if not exists {raw}.deliveries (
    delivery_id uuid not null,
    source varchar not null,
    delivered_at timestamp with time zone not null,
    read bigint not null,
    appended bigint not null,
    duplicate bigint not null,
    conflicting bigint not null,
    rejected bigint not null
);

create table if not exists {raw}.removals (
    removal_id uuid not null,
    action varchar not null,
    delivery_id uuid,
    removed_at timestamp with time zone not null,
    removed_by varchar not null,
    users bigint not null,
    events bigint not null,
    rejected bigint not null
);

create table if not exists {raw}.removed_users (
    removal_id uuid not null,
    user_hash varchar not null
);

create table if not exists {raw}.removed_events (
    removal_id uuid not null,
    ingested_at timestamp with time zone not null,
    events bigint not null
);

create table if not exists {raw}.erased_events (
    event_hash varchar not null,
    erased_at timestamp with time zone not null
);
