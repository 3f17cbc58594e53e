with signups as (

    select * from {{ ref('int_signups') }}

),

signup_events as (

    {% if signup_event() -%}
    select
        event_id,
        user_id,
        occurred_at,
        event_date,
        is_of_due_funnel_user
    from {{ ref('int_named_events') }}
    where reference = {{ text_literal(signup_event()) }}
    {%- else -%}
    select
        event_id,
        user_id,
        occurred_at,
        event_date,
        is_of_due_funnel_user
    from {{ ref('int_due_events') }}
    {%- endif %}

),

candidates as (

    select
        signup_events.event_id,
        signup_events.user_id,
        signup_events.occurred_at,
        signup_events.event_date,
        signup_events.is_of_due_funnel_user,
        -- several events at the very instant of the signup: one of them is it, always the same
        row_number() over (
            partition by signup_events.user_id order by signup_events.event_id
        ) as preference
    from signup_events
    {{ hashed_join() }} signups
        on
            signup_events.user_id = signups.user_id
            and signup_events.occurred_at = signups.signed_up_at
    where coalesce(signup_events.user_id = signups.user_id, false)
    {{ end_of_hashed_join() }}

),

chosen as (

    select *
    from candidates
    where preference = 1

)

select
    event_id,
    user_id,
    occurred_at,
    event_date,
    is_of_due_funnel_user
from chosen
