{{ config(**fact(
    key=['user_id', 'session_date'],
    within='int_touched_session_dates',
    where='kept.user_id = within.user_id and kept.session_date = within.session_date'
)) }}
{% do may_read(['int_touched_session_dates']) -%}
with session_dates as (

    select distinct
        sessions.user_id as user_id,
        sessions.session_date as session_date
    from {{ ref('fct_sessions') }} as sessions
    {%- if refreshing() %}
    inner join {{ ref('int_touched_session_dates') }} as touched_session_dates
        on
            sessions.user_id = touched_session_dates.user_id
            and sessions.session_date = touched_session_dates.session_date
    {%- endif %}

)

select
    user_id,
    session_date
from session_dates
