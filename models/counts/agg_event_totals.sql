{{ config(**count(
    key=['event_name'], sums=['events'], least=['first_event_at'], greatest=['last_event_at']
)) }}
{% do may_read(['fct_event_users']) -%}
with events as (

    {{ facts('fct_events', ['event_name', 'occurred_at']) }}

),

totals as (

    select
        event_name,
        sum(weight) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by event_name

)

select
    event_name,
    cast(events as bigint) as events,
    first_event_at,
    last_event_at
from totals
