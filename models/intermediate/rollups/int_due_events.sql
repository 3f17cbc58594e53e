{{ config(**rollup_step()) }}
with events as (

    select * from {{ ref('int_events') }}

),

{% if rollups_are_kept() -%}
due_batches as (

    select ingested_at
    from {{ ref('int_event_batches') }}
    where is_due

),

-- All that can be due, and little else, so that what follows need not look at every event.
candidates as (

    select *
    from events
    where
        ingested_at >= {{ first_delivery(ref('int_event_batches'), 'is_due') }}
        or user_id in (select due.user_id from {{ ref('int_due_funnel_users') }} as due)
        or (
            occurred_at >= (select min(due.started_at) from {{ ref('int_due_sessions') }} as due)
            and user_id in (select due.user_id from {{ ref('int_due_sessions') }} as due)
        )

),

due_events as (

    select
        events.event_id,
        events.event_name,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.properties,
        due_batches.ingested_at is not null as is_due,
        due_batches.ingested_at is not null
        or due_sessions.user_id is not null as is_of_due_session,
        due_funnel_users.user_id is not null as is_of_due_funnel_user
    from candidates as events
    left join due_batches
        on events.ingested_at = due_batches.ingested_at
    left join {{ ref('int_due_sessions') }} as due_sessions
        on
            events.user_id = due_sessions.user_id
            and events.event_date = due_sessions.event_date
            and events.occurred_at >= due_sessions.started_at
            and events.occurred_at <= due_sessions.ended_at
    left join {{ ref('int_due_funnel_users') }} as due_funnel_users
        on
            events.user_id = due_funnel_users.user_id
            and events.occurred_at >= due_funnel_users.due_since
    where
        due_batches.ingested_at is not null
        or due_sessions.user_id is not null
        or due_funnel_users.user_id is not null

)
{%- else -%}
due_events as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        event_date,
        properties,
        true as is_due,
        true as is_of_due_session,
        true as is_of_due_funnel_user
    from events

)
{%- endif %}

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties,
    is_due,
    is_of_due_session,
    is_of_due_funnel_user
from due_events
