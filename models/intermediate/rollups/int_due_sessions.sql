{{ config(**rollup_step(enabled=rollups_are_kept())) }}
{% set gap_seconds = whole_number('session_gap_minutes', 1) * 60 -%}
{% set sessions = kept_rollup('int_sessions') -%}
with due_users as (

    select * from {{ ref('int_due_users') }}

),

due_events as (

    {{ due_instants('not batches.everything_is_due') }}

),

-- The model itself would be a circle: sessions are computed from what this one says.
kept_sessions as (

    {% if sessions -%}
    select
        user_id,
        started_at,
        ended_at
    from {{ sessions }}
    {%- else -%}
    select
        user_id,
        occurred_at as started_at,
        occurred_at as ended_at
    from due_events
    where false
    {%- endif %}

),

within_reach as (

    select
        kept_sessions.user_id,
        kept_sessions.started_at,
        kept_sessions.ended_at,
        {{ add_seconds('kept_sessions.started_at', -gap_seconds) }} as reached_from
    from kept_sessions
    inner join due_users
        on kept_sessions.user_id = due_users.user_id
    where {{ add_seconds('kept_sessions.ended_at', gap_seconds) }} >= due_users.first_due_at

),

timeline as (

    select
        user_id,
        started_at,
        ended_at,
        reached_from as placed_at,
        cast(null as timestamp with time zone) as due_at,
        1 as row_kind
    from within_reach
    union all
    select
        user_id,
        cast(null as timestamp with time zone) as started_at,
        cast(null as timestamp with time zone) as ended_at,
        occurred_at as placed_at,
        occurred_at as due_at,
        0 as row_kind
    from due_events

),

-- one sort instead of comparing every session with every event of its user
followed as (

    select
        user_id,
        started_at,
        ended_at,
        row_kind,
        min(due_at) over (
            partition by user_id
            order by placed_at desc, row_kind asc
            rows between unbounded preceding and current row
        ) as next_due_at
    from timeline

),

due_sessions as (

    select
        user_id,
        started_at,
        ended_at
    from followed
    where
        row_kind = 1
        and next_due_at <= {{ add_seconds('ended_at', gap_seconds) }}

),

dated as (

    select
        user_id,
        started_at,
        ended_at,
        {{ each_date(local_date('started_at'), local_date('ended_at')) }} as event_date
    from due_sessions

)

select
    user_id,
    event_date,
    started_at,
    ended_at
from dated
