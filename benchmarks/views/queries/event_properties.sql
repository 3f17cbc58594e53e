with counts as (
    select event_name, count(*) as all_events from raw.events group by 1
), named as (
    select event_name, properties, $each_property as property from raw.events
), valued as (
    select event_name, property, left($value, 100) as value from named
), summed as (
    select
        event_name, property, count(*) as events,
        min(case when left(value, 1) not in ('{', '[') then value end $collate) as example
    from valued group by 1, 2
)
select event_name, property, events, cast(events as double precision) / all_events, example
from summed inner join counts using (event_name)
