with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

activity_changes as (

    select * from {{ ref('int_activity_changes') }}

),

changes as (

    select
        breakdowns.breakdown,
        breakdowns.segment,
        breakdowns.segment_value,
        calendar.calendar_date,
        coalesce(activity_changes.dau, 0) as dau,
        coalesce(activity_changes.wau_change, 0) as wau_change,
        coalesce(activity_changes.mau_change, 0) as mau_change
    from calendar
    cross join breakdowns
    left join activity_changes
        on
            {{ same_breakdown('breakdowns', 'activity_changes') }}
            and calendar.calendar_date = activity_changes.change_date

),

running as (

    select
        breakdown,
        segment,
        segment_value,
        calendar_date as activity_date,
        dau,
        cast(
            sum(wau_change) over (
                partition by breakdown, segment, segment_value order by calendar_date
            ) as bigint
        ) as wau,
        cast(
            sum(mau_change) over (
                partition by breakdown, segment, segment_value order by calendar_date
            ) as bigint
        ) as mau
    from changes

)

select
    breakdown,
    segment,
    segment_value,
    activity_date,
    dau,
    wau,
    mau,
    {{ rate('dau', 'mau') }} as stickiness
from running
