{{ config(**count(key=['session_date'], sums=['users'])) }}
with session_dates as (

    {{ facts('fct_session_dates', ['session_date']) }}

),

counted as (

    select
        session_date,
        sum(weight) as users
    from session_dates
    group by session_date

)

select
    session_date,
    cast(users as bigint) as users
from counted
