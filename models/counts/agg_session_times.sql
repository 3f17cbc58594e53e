{{ config(**count(key=['session_date', 'time_bin'], sums=['sessions', 'events'])) }}
with sessions as (

    {{ facts('fct_sessions', ['session_date', 'microseconds', 'events']) }}

),

counted as (

    {{ count_by_bin('sessions', ['session_date'], 'sessions', {'events': 'events'}) }}

)

select
    session_date,
    time_bin,
    sessions,
    events
from counted
