{{ config(**fact(key=['user_id'])) }}
{% set kept = kept_rows() -%}
-- Straight from the events, as there is no need to find each date first.
with activity as (

    select * from {{ ref('int_activity') }}

),

latest as (

    select
        user_id,
        max(activity_date) as last_active_date
    from activity
    group by user_id

){% if kept %},

latest_so_far as (

    select
        latest.user_id as user_id,
        greatest(latest.last_active_date, kept.last_active_date) as last_active_date
    from latest
    left join {{ kept }} as kept
        on latest.user_id = kept.user_id

){% endif %}

select
    user_id,
    last_active_date
from {{ 'latest_so_far' if kept else 'latest' }}
