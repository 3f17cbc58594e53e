{{ config(**step()) }}
{% do may_read(['int_deliveries']) -%}
-- Sessions that events which arrived belong to, prolong or join, as they are from now on: found
-- from when the sessions of before began and ended, without their events.
{% set gap_seconds = whole_number('session_gap_minutes', 1) * 60 -%}
with arrivals as (

    select
        user_id,
        occurred_at
    from {{ ref('int_arrivals') }}

),

-- the model itself would be a circle: sessions are computed from what this one says
kept_sessions as (

    {% if refreshing() -%}
    select
        kept.user_id as user_id,
        kept.started_at as started_at,
        kept.ended_at as ended_at
    from {{ kept_rows_of(model_relation('fct_sessions')) }} as kept
    inner join {{ ref('int_touched_users') }} as touched_users
        on kept.user_id = touched_users.user_id
    where {{ add_seconds('kept.ended_at', gap_seconds) }} >= touched_users.since_at
    {%- else -%}
    select
        user_id,
        since_at as started_at,
        since_at as ended_at
    from {{ ref('int_touched_users') }}
    where false
    {%- endif %}

),

spans as (

    select
        user_id,
        started_at,
        ended_at,
        0 as arrived_events
    from kept_sessions
    union all
    select
        user_id,
        occurred_at as started_at,
        occurred_at as ended_at,
        1 as arrived_events
    from arrivals

),

followed as (

    select
        user_id,
        started_at,
        ended_at,
        arrived_events,
        max(ended_at) over (
            partition by user_id
            order by started_at, ended_at, arrived_events
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from spans

),

marked as (

    select
        user_id,
        started_at,
        ended_at,
        arrived_events,
        case
            when started_at <= {{ add_seconds('reached_at', gap_seconds) }} then null
            else started_at
        end as begins_at
    from followed

),

begun as (

    select
        user_id,
        ended_at,
        arrived_events,
        max(begins_at) over (
            partition by user_id
            order by started_at, ended_at, arrived_events
            rows between unbounded preceding and current row
        ) as session_started_at
    from marked

),

touched_sessions as (

    select
        user_id,
        session_started_at as started_at,
        max(ended_at) as ended_at
    from begun
    group by
        user_id,
        session_started_at
    having max(arrived_events) = 1

)

select
    user_id,
    started_at,
    ended_at
from touched_sessions
