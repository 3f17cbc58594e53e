-- For builds with roll-ups, which read what arrived since the last one, and what happened since the
-- earliest event that matters to it: few pages where events lie in the order in which they arrived.
create index if not exists events_by_time on {raw}.events using brin (ingested_at, event_time);
-- Events that arrived before the time they say, mostly none: views ask for as_of_date only if there are any.
create index if not exists events_ahead on {raw}.events (event_time) where event_time > ingested_at;
