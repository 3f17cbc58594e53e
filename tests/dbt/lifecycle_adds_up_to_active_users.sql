-- New, retained and resurrected users are the active ones, and those of a period who are not
-- retained in the next one are dormant there; who was active before the reports begin is in none.
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

lifecycle as (

    select
        period,
        period_start,
        retained_users,
        active_users,
        dormant_users,
        is_complete,
        lag({{ nullable('active_users') }}) over (
            partition by period order by period_start
        ) as active_before
    from {{ ref('user_lifecycle') }}

),

counted as (

    select * from {{ ref('active_users') }}

)

select
    lifecycle.period as period,
    lifecycle.period_start as period_start,
    lifecycle.active_users as active_users,
    lifecycle.dormant_users as dormant_users,
    lifecycle.active_before as active_before,
    lifecycle.retained_users as retained_users,
    counted.active_users as counted_users
from lifecycle
full outer join counted
    on
        lifecycle.period = counted.period
        and lifecycle.period_start = counted.period_start
left join bounds
    on bounds.first_report_date = bounds.first_event_date
where
    lifecycle.period is null
    or counted.period is null
    or lifecycle.active_users <> counted.active_users
    or lifecycle.is_complete <> counted.is_complete
    or lifecycle.dormant_users <> lifecycle.active_before - lifecycle.retained_users
    or (
        lifecycle.active_before is null
        and bounds.as_of_date is not null
        and lifecycle.dormant_users + lifecycle.retained_users <> 0
    )
