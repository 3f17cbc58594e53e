with user_lifecycle as (

    select * from {{ ref('int_user_lifecycle') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

counted as (

    select
        period,
        period_index,
        sum(case when lifecycle = 'new' then 1 else 0 end) as new_users,
        sum(case when lifecycle = 'retained' then 1 else 0 end) as retained_users,
        sum(case when lifecycle = 'resurrected' then 1 else 0 end) as resurrected_users,
        sum(case when lifecycle = 'dormant' then 1 else 0 end) as dormant_users
    from user_lifecycle
    group by
        period,
        period_index

),

dense as (

    select
        periods.period,
        periods.period_start,
        cast(coalesce(counted.new_users, 0) as bigint) as new_users,
        cast(coalesce(counted.retained_users, 0) as bigint) as retained_users,
        cast(coalesce(counted.resurrected_users, 0) as bigint) as resurrected_users,
        cast(coalesce(counted.dormant_users, 0) as bigint) as dormant_users,
        periods.is_complete
    from periods
    left join counted
        on
            periods.period = counted.period
            and periods.period_index = counted.period_index

)

select
    cast(period as {{ dbt.type_string() }}) as period,
    period_start,
    new_users,
    retained_users,
    resurrected_users,
    new_users + retained_users + resurrected_users as active_users,
    dormant_users,
    {{ rate('(new_users + resurrected_users)', 'dormant_users') }} as quick_ratio,
    is_complete
from dense
