with user_days as (

    select * from {{ ref('int_user_days') }}

),

periods as (

    select * from {{ ref('int_periods') }}
    where period in ('week', 'month')

),

days_of_weeks as (

    select
        user_id,
        'week' as period,
        {{ week_start_date('activity_date') }} as period_start
    from user_days

),

days_of_months as (

    select
        user_id,
        'month' as period,
        {{ month_start_date('activity_date') }} as period_start
    from user_days

),

unioned as (

    select * from days_of_weeks
    union all
    select * from days_of_months

),

users as (

    select
        user_id,
        period,
        period_start,
        count(*) as days_active
    from unioned
    group by
        user_id,
        period,
        period_start

),

counted as (

    select
        period,
        period_start,
        days_active,
        count(*) as users
    from users
    group by
        period,
        period_start,
        days_active

),

numbers as (

    select
        period,
        period_start,
        {{ each_number('1', days_between('period_start', 'period_end') ~ ' + 1') }} as days_active
    from periods

),

dense as (

    select
        numbers.period,
        numbers.period_start,
        numbers.days_active,
        coalesce(counted.users, 0) as users
    from numbers
    left join counted
        on
            numbers.period = counted.period
            and numbers.period_start = counted.period_start
            and numbers.days_active = counted.days_active

)

select
    cast(period as {{ dbt.type_string() }}) as period,
    period_start,
    days_active,
    users
from dense
