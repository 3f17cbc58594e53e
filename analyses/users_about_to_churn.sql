-- Who is about to churn, and what did they do last? The users of one churn status, those who came
-- most often first: the ones whose loss would hurt, with the thing to write to them about.
with user_churn as (

    select * from {{ ref('user_churn') }}

),

sessions as (

    select * from {{ ref('sessions') }}

),

events as (

    select * from {{ ref('int_events') }}

),

slipping as (

    select
        user_id,
        days_inactive
    from user_churn
    where churn_status = 'soft_churn'

),

session_counts as (

    select
        user_id,
        count(*) as sessions
    from sessions
    group by user_id

),

numbered as (

    select
        events.user_id as user_id,
        events.event_name as event_name,
        events.occurred_at as occurred_at,
        row_number() over (
            partition by events.user_id
            order by
                events.occurred_at desc,
                events.event_id desc
        ) as numbered_from_last
    from events
    inner join slipping
        on events.user_id = slipping.user_id

)

select
    slipping.user_id as user_id,
    slipping.days_inactive as days_inactive,
    session_counts.sessions as sessions,
    numbered.event_name as last_event,
    numbered.occurred_at as last_event_at
from slipping
inner join session_counts
    on slipping.user_id = session_counts.user_id
inner join numbered
    on slipping.user_id = numbered.user_id
where numbered.numbered_from_last = 1
order by
    session_counts.sessions desc,
    slipping.user_id asc
