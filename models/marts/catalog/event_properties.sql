with property_totals as (

    select * from {{ ref('int_event_property_totals') }}

),

event_totals as (

    select * from {{ ref('int_event_totals') }}

),

event_counts as (

    select
        event_name,
        sum(events) as all_events
    from event_totals
    group by event_name

),

summarised as (

    select
        event_name,
        property,
        cast(sum(events) as bigint) as events,
        {{ smallest_text('example_value') }} as example_value
    from property_totals
    group by
        event_name,
        property

)

select
    summarised.event_name,
    summarised.property,
    summarised.events,
    {{ rate('summarised.events', 'event_counts.all_events') }} as share,
    summarised.example_value
from summarised
inner join event_counts
    on summarised.event_name = event_counts.event_name
