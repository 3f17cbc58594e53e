{{ config(**shared_view()) }}
with calendar as (

    select * from {{ ref('int_calendar') }}

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

periods as (

    select distinct
        period,
        period_start
    from calendar

),

ended as (

    select
        period,
        period_start,
        case period
            when 'day' then period_start
            when 'week' then {{ add_days('period_start', 6) }}
            when 'month' then {{ month_end_date('period_start') }}
        end as period_end
    from periods

),

numbered as (

    select
        ended.period as period,
        ended.period_start as period_start,
        ended.period_end as period_end,
        {{ period_index('ended.period', 'ended.period_start') }} as period_index,
        ended.period_end <= bounds.last_complete_date as is_complete
    from ended
    cross join bounds

)

select
    period,
    period_start,
    period_end,
    period_index,
    is_complete
from numbered
