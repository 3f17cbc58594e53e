{{ config(**count(
    key=['event_name', 'property'], sums=['events'], least=['example_value']
)) }}
with events as (

    {{ new_events(['event_name', 'properties']) }}

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

totals as (

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
    event_name,
    cast(property as {{ dbt.type_string() }}) as property,
    events,
    cast(example_value as {{ dbt.type_string() }}) as example_value
from totals
