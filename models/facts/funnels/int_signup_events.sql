with signups as (

    select * from {{ ref('fct_signups') }}

),

signup_events as (

    select
        event_id,
        user_id,
        occurred_at,
        event_date
    {%- if signup_event() %}
    from {{ ref('int_funnel_named_events') }}
    where reference = {{ text_literal(signup_event()) }}
    {%- else %}
    from {{ ref('int_funnel_events') }}
    {%- endif %}

),

candidates as (

    select
        signup_events.event_id,
        signup_events.user_id,
        signup_events.occurred_at,
        signup_events.event_date,
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

)

select
    event_id,
    user_id,
    occurred_at,
    event_date
from candidates
where preference = 1
