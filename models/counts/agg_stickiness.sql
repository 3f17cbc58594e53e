{{ config(**count(key=['period', 'period_start', 'days_active'], sums=['users'])) }}
with user_periods as (

    {{ facts('fct_user_periods', ['period', 'period_start', 'days_active']) }}

),

counted as (

    select
        period,
        period_start,
        days_active,
        sum(weight) as users
    from user_periods
    group by
        period,
        period_start,
        days_active

)

select
    period,
    period_start,
    days_active,
    cast(users as bigint) as users
from counted
