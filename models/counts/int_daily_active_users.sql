{% set wau_days = whole_number('wau_days', 1) -%}
{% set mau_days = whole_number('mau_days', 1) -%}
with activity_gaps as (

    select * from {{ ref('agg_activity_gaps') }}

),

-- A user is inside a trailing window from an active day on until the window has passed, or until
-- the next active day takes over. So each active day adds one user on its date and takes one away
-- on the date when that ends, and a running sum counts distinct users without looking back.
trailing_windows as (

    select
        breakdown,
        segment,
        segment_value,
        activity_date,
        least({{ add_days('activity_date', wau_days) }}, next_activity_date) as wau_ends_on,
        least({{ add_days('activity_date', mau_days) }}, next_activity_date) as mau_ends_on,
        users
    from activity_gaps

),

-- few rows for many users, so that what follows costs nothing
counted as (

    select
        breakdown,
        segment,
        segment_value,
        activity_date,
        wau_ends_on,
        mau_ends_on,
        sum(users) as users
    from trailing_windows
    group by
        breakdown,
        segment,
        segment_value,
        activity_date,
        wau_ends_on,
        mau_ends_on

),

edges as (

    select 'active' as edge
    union all
    select 'wau_ends' as edge
    union all
    select 'mau_ends' as edge

),

dated as (

    select
        counted.breakdown,
        counted.segment,
        counted.segment_value,
        case edges.edge
            when 'active' then counted.activity_date
            when 'wau_ends' then counted.wau_ends_on
            when 'mau_ends' then counted.mau_ends_on
        end as change_date,
        case edges.edge when 'active' then counted.users else 0 end as dau,
        case edges.edge
            when 'active' then counted.users
            when 'wau_ends' then -counted.users
            else 0
        end as wau_change,
        case edges.edge
            when 'active' then counted.users
            when 'mau_ends' then -counted.users
            else 0
        end as mau_change
    from counted
    cross join edges

),

summed as (

    select
        breakdown,
        segment,
        segment_value,
        change_date,
        cast(sum(dau) as bigint) as dau,
        sum(wau_change) as wau_change,
        sum(mau_change) as mau_change
    from dated
    group by
        breakdown,
        segment,
        segment_value,
        change_date

),

breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

changes as (

    select
        breakdowns.breakdown,
        breakdowns.segment,
        breakdowns.segment_value,
        calendar.calendar_date,
        coalesce(summed.dau, 0) as dau,
        coalesce(summed.wau_change, 0) as wau_change,
        coalesce(summed.mau_change, 0) as mau_change
    from calendar
    cross join breakdowns
    left join summed
        on
            {{ same_breakdown('breakdowns', 'summed') }}
            and calendar.calendar_date = summed.change_date

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
