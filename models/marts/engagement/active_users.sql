with lifecycle_counts as (

    select * from {{ ref('int_lifecycle_counts') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

counted as (

    select
        period,
        period_index,
        new_users + retained_users + resurrected_users as active_users
    from lifecycle_counts

),

dense as (

    select
        periods.period as period,
        periods.period_start as period_start,
        coalesce(counted.active_users, 0) as active_users,
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
    active_users,
    is_complete
from dense
