-- What an earlier version appended is one delivery: all that is no other one's and came no later.
insert into {raw}.deliveries
(delivery_id, source, delivered_at, read, appended, duplicate, conflicting, rejected)
select
    cast('new_id' as uuid) as delivery_id,
    'before' as source,
    latest_at as delivered_at,
    events + rejected_rows as read,
    events as appended,
    0 as duplicate,
    conflicts as conflicting,
    rejected_rows - conflicts as rejected
from (
    select
        greatest(events.latest_at, rejected.latest_at) as latest_at,
        events.events,
        rejected.rejected_rows,
        rejected.conflicts
    from (
        select
            count(*) as events,
            max(ingested_at) as latest_at
        from {raw}.events
    ) as events
    cross join (
        select
            count(*) as rejected_rows,
            count(case when reason = 'conflicting_event_id' then 1 end) as conflicts,
            max(rejected_at) as latest_at
        from {raw}.rejected_events
    ) as rejected
) as found
where events + rejected_rows > 0;
