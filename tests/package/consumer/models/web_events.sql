-- Events of the web shop alone, with the names that the loader gives.
select
    id as event_id,
    action as event_name,
    happened at time zone 'UTC' as event_time,
    customer as user_id,
    details as properties,
    cast(null as timestamp with time zone) as ingested_at
from {{ source('tracking', 'actions') }}
where action = 'viewed'
