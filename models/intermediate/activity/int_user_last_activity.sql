with last_days as (

    {% if rollups_are_kept() -%}
    select
        user_id,
        activity_date as last_active_date
    from {{ ref('int_user_days') }}
    where next_activity_date is null
    {%- else -%}
    -- straight from the events, as there is no need to find each date first
    select
        user_id,
        max(activity_date) as last_active_date
    from {{ ref('int_activity') }}
    group by user_id
    {%- endif %}

)

select
    user_id,
    last_active_date
from last_days
