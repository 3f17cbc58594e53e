{{ config(**summary()) }}
{% set by_date = {'key': ['session_date'], 'number': 'sessions', 'sums': {'events': 'events'}} -%}
with sessions as (

    select
        user_id,
        session_date,
        microseconds,
        events
    from {{ ref('fct_sessions') }}

),

times as (

    {{ counted_by_bin(ref('agg_session_times'), 'sessions', **by_date) }}

),

counted as (

    {{ medians('times', 'sessions', **by_date) }}

),

-- apart, as PostgreSQL sorts all sessions for a distinct count, and hashes them for this
counted_users as (

    {{ kept_count(
        ref('agg_session_dates'),
        'select session_date, count(*) as users'
        ' from (select distinct session_date, user_id from sessions) as user_dates'
        ' group by session_date'
    ) }}

)

select
    counted.session_date as session_date,
    counted.sessions as sessions,
    counted_users.users as users,
    counted.median_microseconds as median_microseconds,
    cast(counted.events as bigint) as events
from counted
left join counted_users
    on counted.session_date = counted_users.session_date
