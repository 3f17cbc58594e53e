-- On which dates users were active, for who does not ask what lies before and after.
with user_dates as (

    {% if facts_are_stored() -%}
    select
        user_id,
        activity_date
    from {{ ref('fct_user_days') }}
    {%- else -%}
    select distinct
        user_id,
        activity_date
    from {{ ref('int_activity') }}
    {%- endif %}

)

select
    user_id,
    activity_date
from user_dates
