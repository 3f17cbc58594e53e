-- For builds with roll-ups, which read what arrived since the last one: a few pages, since events lie in
-- the order in which they arrived.
create index if not exists events_ingested_at on {raw}.events using brin (ingested_at);
