with user_periods as (

    select * from {{ ref('int_user_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

counted as (

    select
        period,
        period_start,
        count(*) as active_users
    from user_periods
    group by
        period,
        period_start

),

dense as (

    select
        periods.period,
        periods.period_start,
        coalesce(counted.active_users, 0) as active_users,
        periods.is_complete
    from periods
    left join counted
        on
            periods.period = counted.period
            and periods.period_start = counted.period_start

)

select
    cast(period as {{ dbt.type_string() }}) as period,
    period_start,
    active_users,
    is_complete
from dense
