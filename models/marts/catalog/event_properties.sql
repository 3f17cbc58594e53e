with event_properties as (

    select * from {{ ref('agg_event_properties') }}

),

event_totals as (

    select * from {{ ref('agg_event_totals') }}

)

select
    event_properties.event_name as event_name,
    event_properties.property as property,
    event_properties.events as events,
    {{ rate('event_properties.events', 'event_totals.events') }} as share,
    event_properties.example_value as example_value
from event_properties
inner join event_totals
    on event_properties.event_name = event_totals.event_name
