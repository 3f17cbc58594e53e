{{ config(**rollup_step(reads_all_events=true)) }}
{% set some_are_kept = not execute or (rollups_are_kept() and not everything_is_due()) -%}
{% if rollups_are_kept() -%}
-- What both steps need is named in each, and not read by one step for both: PostgreSQL has several
-- workers for joins of tables, and DuckDB would write down all events in between.
with new_events as (

    select
        events.event_id,
        events.event_name,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.properties,
        true as is_due,
        true as is_of_due_session,
        due_funnel_users.user_id is not null as is_of_due_funnel_user
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_event_batches') }} as batches
        on
            events.ingested_at = batches.ingested_at
            and batches.is_due
    left join {{ ref('int_due_funnel_users') }} as due_funnel_users
        on
            events.user_id = due_funnel_users.user_id
            and events.occurred_at >= due_funnel_users.due_since
    where events.ingested_at >= {{ first_delivery(ref('int_event_batches'), 'is_due') }}

),

{% if some_are_kept -%}
looked_up as (

    select
        user_id,
        due_since as looked_up_since
    from {{ ref('int_due_funnel_users') }}
    union all
    select
        user_id,
        started_at as looked_up_since
    from {{ ref('int_due_sessions') }}

),

looked_up_users as (

    select
        user_id,
        min(looked_up_since) as looked_up_since
    from looked_up
    group by user_id

),

-- all that can be due, and little else, so that what follows need not look at every event
candidates as (

    select
        events.event_id,
        events.event_name,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.properties,
        events.ingested_at
    from {{ ref('int_events') }} as events
    inner join looked_up_users
        on
            events.user_id = looked_up_users.user_id
            and events.occurred_at >= looked_up_users.looked_up_since
    -- says the same of all users, as a literal, from which the database knows what it need not read
    where events.occurred_at >= {{ earliest(
        [ref('int_due_funnel_users'), ref('int_due_sessions')],
        'select due_since as instant from ' ~ ref('int_due_funnel_users')
        ~ ' union all select started_at as instant from ' ~ ref('int_due_sessions')
    ) }}

),

kept_events as (

    select
        candidates.event_id,
        candidates.event_name,
        candidates.user_id,
        candidates.occurred_at,
        candidates.event_date,
        candidates.properties,
        false as is_due,
        due_sessions.user_id is not null as is_of_due_session,
        due_funnel_users.user_id is not null as is_of_due_funnel_user
    from candidates
    left join {{ ref('int_event_batches') }} as batches
        on
            candidates.ingested_at = batches.ingested_at
            and batches.is_due
    left join {{ ref('int_due_sessions') }} as due_sessions
        on
            candidates.user_id = due_sessions.user_id
            and candidates.event_date = due_sessions.event_date
            and candidates.occurred_at >= due_sessions.started_at
            and candidates.occurred_at <= due_sessions.ended_at
    left join {{ ref('int_due_funnel_users') }} as due_funnel_users
        on
            candidates.user_id = due_funnel_users.user_id
            and candidates.occurred_at >= due_funnel_users.due_since
    where
        batches.ingested_at is null
        and (due_sessions.user_id is not null or due_funnel_users.user_id is not null)

),

{% endif -%}
due_events as (

    select * from new_events
    {%- if some_are_kept %}
    union all
    select * from kept_events
    {%- endif %}

)
{%- else -%}
with due_events as (

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
    from {{ ref('int_events') }}

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
