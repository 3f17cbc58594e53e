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
        {{ property_value('properties', 'property') }} as property_value
    from named

),

totals as (

    select
        event_name,
        property,
        count(*) as events,
        {{ smallest_text(first_characters(value_text('property_value'), 100)) }} as example_value
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
