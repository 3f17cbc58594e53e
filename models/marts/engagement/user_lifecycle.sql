with counted as (

    select * from {{ ref('int_lifecycle_counts') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

dense as (

    select
        periods.period as period,
        periods.period_start as period_start,
        cast(coalesce(counted.new_users, 0) as bigint) as new_users,
        cast(coalesce(counted.retained_users, 0) as bigint) as retained_users,
        cast(coalesce(counted.resurrected_users, 0) as bigint) as resurrected_users,
        cast(coalesce(counted.dormant_users, 0) as bigint) as dormant_users,
        periods.is_complete as is_complete
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
