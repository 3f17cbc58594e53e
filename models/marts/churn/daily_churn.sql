with activity_gaps as (

    select * from {{ ref('agg_activity_gaps') }}
    where breakdown = 'none'

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

-- After an active day a user passes through the statuses until the next active day, so each active
-- day puts one user into a status on one date and takes one out on another; a running sum then
-- counts every past date without joining users to dates.
stays as (

    select
        churn_windows.churn_status as churn_status,
        activity_gaps.users as users,
        {{ add_days('activity_gaps.activity_date', 'churn_windows.min_days_inactive') }}
            as entered_on,
        least(
            {{ add_days('activity_gaps.activity_date', 'churn_windows.max_days_inactive + 1') }},
            activity_gaps.next_activity_date
        ) as left_on
    from activity_gaps
    inner join churn_windows
        on
            {{ add_days('activity_gaps.activity_date', 'churn_windows.min_days_inactive') }}
            < activity_gaps.next_activity_date

),

-- who came to a status before the reports begin, and stayed, is in it on the first date
bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

reported_stays as (

    select
        stays.churn_status as churn_status,
        stays.users as users,
        greatest(stays.entered_on, bounds.first_report_date) as entered_on,
        greatest(stays.left_on, bounds.first_report_date) as left_on
    from stays
    cross join bounds

),

entries as (

    select
        churn_status,
        entered_on as change_date,
        sum(users) as users
    from reported_stays
    group by
        churn_status,
        entered_on

),

exits as (

    select
        churn_status,
        left_on as change_date,
        sum(users) as users
    from reported_stays
    group by
        churn_status,
        left_on

),

changes as (

    select
        calendar.calendar_date as calendar_date,
        churn_windows.churn_status as churn_status,
        coalesce(entries.users, 0) - coalesce(exits.users, 0) as users_change
    from calendar
    cross join churn_windows
    left join entries
        on
            calendar.calendar_date = entries.change_date
            and churn_windows.churn_status = entries.churn_status
    left join exits
        on
            calendar.calendar_date = exits.change_date
            and churn_windows.churn_status = exits.churn_status

),

running as (

    select
        calendar_date as as_of_date,
        churn_status,
        sum(users_change) over (partition by churn_status order by calendar_date) as users
    from changes

)

select
    as_of_date,
    churn_status,
    cast(users as bigint) as users
from running
