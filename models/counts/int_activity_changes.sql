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
        sum(dau) as dau,
        sum(wau_change) as wau_change,
        sum(mau_change) as mau_change
    from dated
    group by
        breakdown,
        segment,
        segment_value,
        change_date

)

select
    breakdown,
    segment,
    segment_value,
    change_date,
    cast(dau as bigint) as dau,
    cast(wau_change as bigint) as wau_change,
    cast(mau_change as bigint) as mau_change
from summed
