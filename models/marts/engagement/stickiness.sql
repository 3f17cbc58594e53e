with counted as (

    select * from {{ ref('agg_stickiness') }}

),

periods as (

    select * from {{ ref('int_periods') }}
    where period in ('week', 'month')

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
        numbers.period as period,
        numbers.period_start as period_start,
        numbers.days_active as days_active,
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
