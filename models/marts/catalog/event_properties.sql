with events as (

    select * from {{ ref('int_events') }}

),

event_counts as (

    select
        event_name,
        count(*) as all_events
    from events
    group by event_name

),

named as (

    select
        event_name,
        properties,
        {{ each_property('properties') }} as property
    from events

),

valued as (

    select
        event_name,
        property,
        left({{ property_text('properties', 'property') }}, 100) as property_value
    from named

),

summarised as (

    select
        event_name,
        property,
        count(*) as events,
        {{ smallest_text(
            "case when left(property_value, 1) not in ('{', '[') then property_value end"
        ) }} as example_value
    from valued
    group by
        event_name,
        property

)

select
    summarised.event_name,
    cast(summarised.property as {{ dbt.type_string() }}) as property,
    summarised.events,
    {{ rate('summarised.events', 'event_counts.all_events') }} as share,
    cast(summarised.example_value as {{ dbt.type_string() }}) as example_value
from summarised
inner join event_counts
    on summarised.event_name = event_counts.event_name
