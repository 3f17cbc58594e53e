{% set wau_days = whole_number('wau_days', 1) -%}
{% set mau_days = whole_number('mau_days', 1) -%}
with user_days as (

    select * from {{ ref('int_user_days') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

-- A user is inside a trailing window from an active day on until the window has passed, or until
-- the next active day takes over. So each active day adds one user on its date and takes one away
-- on the date when that ends, and a running sum counts distinct users without looking back.
day_counts as (

    select
        activity_date as change_date,
        count(*) as users
    from user_days
    group by activity_date

),

user_ends as (

    select
        least({{ add_days('activity_date', wau_days) }}, next_activity_date) as wau_ends_on,
        least({{ add_days('activity_date', mau_days) }}, next_activity_date) as mau_ends_on
    from user_days

),

wau_ends as (

    select
        wau_ends_on as change_date,
        count(*) as users
    from user_ends
    group by wau_ends_on

),

mau_ends as (

    select
        mau_ends_on as change_date,
        count(*) as users
    from user_ends
    group by mau_ends_on

),

changes as (

    select
        calendar.calendar_date,
        coalesce(day_counts.users, 0) as dau,
        coalesce(day_counts.users, 0) - coalesce(wau_ends.users, 0) as wau_change,
        coalesce(day_counts.users, 0) - coalesce(mau_ends.users, 0) as mau_change
    from calendar
    left join day_counts
        on calendar.calendar_date = day_counts.change_date
    left join wau_ends
        on calendar.calendar_date = wau_ends.change_date
    left join mau_ends
        on calendar.calendar_date = mau_ends.change_date

),

running as (

    select
        calendar_date as activity_date,
        cast(dau as bigint) as dau,
        cast(sum(wau_change) over (order by calendar_date) as bigint) as wau,
        cast(sum(mau_change) over (order by calendar_date) as bigint) as mau
    from changes

)

select
    activity_date,
    dau,
    wau,
    mau,
    {{ rate('dau', 'mau') }} as stickiness
from running
