{% set every_event_counts = not signup_event() and not activity_events() -%}
with lifetimes as (

    {% if every_event_counts and not facts_are_stored() -%}
    -- both from one pass through the events
    select
        user_id,
        {{ local_date('min(occurred_at)') }} as signup_date,
        max(event_date) as last_active_date
    from {{ ref('int_arrivals') }}
    group by user_id
    {%- else -%}
    select
        signups.user_id as user_id,
        signups.signup_date as signup_date,
        last_active_dates.last_active_date as last_active_date
    from {{ ref('fct_signups') }} as signups
    left join {{ ref('fct_last_active_dates') }} as last_active_dates
        on signups.user_id = last_active_dates.user_id
    {%- endif %}

)

select
    user_id,
    signup_date,
    last_active_date
from lifetimes
