{{ config(**delivery_rollup()) }}
with events as (

    {% if rollups_are_kept() -%}
    select
        events.event_name,
        events.properties,
        batches.bucket
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_event_batches') }} as batches
        on events.ingested_at = batches.ingested_at
    inner join {{ ref('int_due_buckets') }} as due_buckets
        on batches.bucket = due_buckets.bucket
    {%- else -%}
    select
        event_name,
        properties,
        cast(null as timestamp) as bucket
    from {{ ref('int_events') }}
    {%- endif %}

),

named as (

    select
        bucket,
        event_name,
        properties,
        {{ each_property('properties') }} as property
    from events

),

valued as (

    select
        bucket,
        event_name,
        property,
        left({{ property_text('properties', 'property') }}, 100) as property_value
    from named

),

totals as (

    select
        bucket,
        event_name,
        property,
        count(*) as events,
        {{ smallest_text(
            "case when left(property_value, 1) not in ('{', '[') then property_value end"
        ) }} as example_value
    from valued
    group by
        bucket,
        event_name,
        property

)

select
    bucket,
    event_name,
    cast(property as {{ dbt.type_string() }}) as property,
    events,
    cast(example_value as {{ dbt.type_string() }}) as example_value
from totals
