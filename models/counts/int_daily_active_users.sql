{{ config(**shared_view()) }}
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
        counted.breakdown as breakdown,
        counted.segment as segment,
        counted.segment_value as segment_value,
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

-- The windows of who was active before the reports begin still hold them on the first date.
bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

reported as (

    select
        dated.breakdown as breakdown,
        dated.segment as segment,
        dated.segment_value as segment_value,
        greatest(dated.change_date, bounds.first_report_date) as change_date,
        case when dated.change_date >= bounds.first_report_date then dated.dau else 0 end as dau,
        dated.wau_change as wau_change,
        dated.mau_change as mau_change
    from dated
    inner join bounds
        on dated.change_date <= bounds.as_of_date

),

-- all users have a row on each date, whatever happens
opened as (

    select * from reported
    union all
    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        first_report_date as change_date,
        0 as dau,
        0 as wau_change,
        0 as mau_change
    from bounds

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
    from opened
    group by
        breakdown,
        segment,
        segment_value,
        change_date

),

running as (

    select
        breakdown,
        segment,
        segment_value,
        change_date,
        lead({{ nullable('change_date') }}) over (
            partition by breakdown, segment, segment_value order by change_date
        ) as next_change_date,
        dau,
        cast(
            sum(wau_change) over (
                partition by breakdown, segment, segment_value order by change_date
            ) as bigint
        ) as wau,
        cast(
            sum(mau_change) over (
                partition by breakdown, segment, segment_value order by change_date
            ) as bigint
        ) as mau
    from summed

),

-- Between two changes nothing changes. Of a segment's value, the dates on which nobody is in any
-- window are left out, or there would be as many rows as dates for each value that ever was.
spans as (

    select
        running.breakdown as breakdown,
        running.segment as segment,
        running.segment_value as segment_value,
        running.change_date as change_date,
        coalesce(
            {{ add_days('running.next_change_date', -1) }}, bounds.as_of_date
        ) as last_date,
        running.dau as dau,
        running.wau as wau,
        running.mau as mau
    from running
    cross join bounds
    where
        running.breakdown = 'none'
        or running.wau > 0
        or running.mau > 0

),

daily as (

    select
        breakdown,
        segment,
        segment_value,
        change_date,
        {{ each_date('change_date', 'last_date') }} as activity_date,
        dau as dau_of_change,
        wau,
        mau
    from spans

),

counted_daily as (

    select
        breakdown,
        segment,
        segment_value,
        activity_date,
        case when activity_date = change_date then dau_of_change else 0 end as dau,
        wau,
        mau
    from daily

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
from counted_daily
