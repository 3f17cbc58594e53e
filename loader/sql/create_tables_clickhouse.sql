create database if not exists {raw};

-- All that deliveries have brought. A user's events lie together, in the order in which models read
-- them and erasing finds them; a month is a partition, so that what asks for months reads no others.
create table if not exists {raw}.event_rows (
    event_id UUID,
    event_name String,
    event_time DateTime64(6, 'UTC'),
    user_id String,
    properties String,
    ingested_at DateTime64(6, 'UTC'),
    index arrivals ingested_at type minmax granularity 1
)
engine = MergeTree
partition by toYYYYMM(event_time)
order by (user_id, event_time, event_id)
settings non_replicated_deduplication_window = 1000;

-- Which ids are there, found without reading all of them: small granules, and what is not there is
-- mostly not read at all. The hash tells the same event from another one with its id.
create table if not exists {raw}.event_ids (
    event_id UUID,
    content_hash UInt64,
    event_time DateTime64(6, 'UTC'),
    ingested_at DateTime64(6, 'UTC')
)
engine = MergeTree
order by event_id
settings index_granularity = 256, non_replicated_deduplication_window = 1000;

create table if not exists {raw}.rejected_rows (
    rejected_id UUID,
    reason String,
    detail Nullable(String),
    original_text String,
    source String,
    line Nullable(Int64),
    rejected_at DateTime64(6, 'UTC')
)
engine = MergeTree
order by rejected_id
settings index_granularity = 256, non_replicated_deduplication_window = 1000;

-- One row for each file or request: its events have its delivered_at as their ingested_at, and the
-- rows that were rejected first with it as their rejected_at. Its row is what makes it count.
create table if not exists {raw}.deliveries (
    delivery_id UUID,
    source String,
    delivered_at DateTime64(6, 'UTC'),
    read Int64,
    appended Int64,
    duplicate Int64,
    conflicting Int64,
    rejected Int64
)
engine = MergeTree
order by delivered_at
settings non_replicated_deduplication_window = 1000;

-- Deliveries that are under way, or whose loader has died: while one is here and not above, its rows
-- are nobody's. Taken out again once it is above.
create table if not exists {raw}.open_deliveries (
    delivered_at DateTime64(6, 'UTC'),
    delivery_id UUID,
    opened_at DateTime64(6, 'UTC') default now64(6, 'UTC')
)
engine = MergeTree
order by delivered_at
settings non_replicated_deduplication_window = 1000;

create view if not exists {raw}.unfinished_deliveries as
select delivered_at
from {raw}.open_deliveries
where delivered_at not in (
    select delivered_at from {raw}.deliveries
    where delivered_at in (select delivered_at from {raw}.open_deliveries)
);

create view if not exists {raw}.events as
select event_id, event_name, event_time, user_id, properties, ingested_at
from {raw}.event_rows
where ingested_at not in (select delivered_at from {raw}.unfinished_deliveries);

create view if not exists {raw}.rejected_events as
select rejected_id, reason, detail, original_text, source, line, rejected_at
from {raw}.rejected_rows
where rejected_at not in (select delivered_at from {raw}.unfinished_deliveries)
order by rejected_at
limit 1 by rejected_id;

create table if not exists {raw}.removals (
    removal_id UUID,
    action String,
    delivery_id Nullable(UUID),
    removed_at DateTime64(6, 'UTC'),
    removed_by String,
    users Int64,
    events Int64,
    rejected Int64
)
engine = MergeTree
order by removed_at;

create table if not exists {raw}.removed_users (
    removal_id UUID,
    user_hash String
)
engine = MergeTree
order by (removal_id, user_hash);

create table if not exists {raw}.removed_events (
    removal_id UUID,
    ingested_at DateTime64(6, 'UTC'),
    events Int64
)
engine = MergeTree
order by (removal_id, ingested_at);

create table if not exists {raw}.erased_events (
    event_hash String,
    erased_at DateTime64(6, 'UTC')
)
engine = MergeTree
order by event_hash;
