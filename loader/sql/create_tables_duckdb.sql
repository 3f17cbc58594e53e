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
