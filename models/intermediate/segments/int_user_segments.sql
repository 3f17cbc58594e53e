{{ config(**user_rollup()) }}
with users as (

    select distinct user_id
    from {{ ref('int_due_events') }}

),

events as (

    select * from {{ ref('int_due_events') }}

),

segments as (

    select * from {{ ref('int_segments') }}

),

valued as (

    select
        events.user_id,
        events.event_id,
        events.occurred_at,
        segments.segment,
        segments.pick,
        {{ property_text('events.properties', 'segments.property') }} as segment_value
    from events
    cross join segments

),

-- events without a value say nothing, so a user keeps the value that others gave
ranked as (

    select
        user_id,
        segment,
        segment_value,
        pick,
        row_number() over (
            partition by user_id, segment order by occurred_at, event_id
        ) = 1 as is_first,
        lead(event_id) over (
            partition by user_id, segment order by occurred_at, event_id
        ) is null as is_latest
    from valued
    where segment_value is not null

),

picked as (

    select
        user_id,
        segment,
        segment_value
    from ranked
    where
        (pick = 'first' and is_first)
        or (pick = 'latest' and is_latest)

),

completed as (

    select
        users.user_id,
        segments.segment,
        coalesce(picked.segment_value, '(none)') as segment_value
    from users
    cross join segments
    left join picked
        on
            users.user_id = picked.user_id
            and segments.segment = picked.segment

)

select
    user_id,
    segment,
    cast(segment_value as {{ dbt.type_string() }}) as segment_value
from completed
