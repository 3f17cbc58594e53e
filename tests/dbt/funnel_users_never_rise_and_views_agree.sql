-- Whoever reached a step reached each one before it, so users never rise from step to step and no
-- conversion leaves 0 to 1. And the three views mean the same people: funnel_conversion has as many
-- users at a step as funnel_users lists and as funnel_conversion_daily has over all entry dates, if
-- reports by date go back to the first event. A
-- step counted by itself breaks the first, a join that drops or repeats users the second; either
-- would send people looking for somebody who is not there. One test, as each view costs the whole
-- computation of the funnels.
with conversion as (

    select
        funnel,
        step,
        users,
        conversion_from_start,
        conversion_from_previous,
        lag({{ nullable('users') }}) over (partition by funnel order by step) as previous_users
    from {{ ref('funnel_conversion') }}

),

listed as (

    select
        funnel,
        step,
        count(*) as users
    from {{ ref('funnel_users') }}
    group by
        funnel,
        step

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

daily as (

    select
        funnel,
        step,
        sum(users) as users
    from {{ ref('funnel_conversion_daily') }}
    group by
        funnel,
        step

)

select
    coalesce(conversion.funnel, listed.funnel) as funnel,
    coalesce(conversion.step, listed.step) as step,
    conversion.users as users,
    conversion.previous_users as previous_users,
    conversion.conversion_from_start as conversion_from_start,
    conversion.conversion_from_previous as conversion_from_previous,
    listed.users as listed_users,
    daily.users as daily_users
from conversion
full outer join listed
    on
        conversion.funnel = listed.funnel
        and conversion.step = listed.step
left join daily
    on
        conversion.funnel = daily.funnel
        and conversion.step = daily.step
left join bounds
    on bounds.first_report_date = bounds.first_event_date
where
    conversion.users is null
    or conversion.users > conversion.previous_users
    or conversion.conversion_from_start not between 0 and 1
    or conversion.conversion_from_previous not between 0 and 1
    or conversion.users <> coalesce(listed.users, 0)
    or conversion.users < coalesce(daily.users, 0)
    or (bounds.as_of_date is not null and conversion.users <> coalesce(daily.users, 0))
