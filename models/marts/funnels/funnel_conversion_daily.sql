with funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

progress as (

    select * from {{ ref('fct_funnel_progress') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

-- Users can still get from their furthest step to the next one while the window runs and, where
-- the next step must fall on one day, while that day is not over.
standing as (

    select
        progress.funnel as funnel,
        progress.started_on as entry_date,
        progress.step as step,
        case
            when
                progress.step = progress.furthest_step
                and progress.can_continue
                and next_steps.step is not null
                and (
                    next_steps.window_seconds is null
                    or {{ local_date(
                        add_seconds('progress.started_at', 'next_steps.window_seconds')
                    ) }} > bounds.last_complete_date
                )
                and (
                    next_steps.on_day is null
                    or {{ add_days('progress.started_on', 'next_steps.on_day') }}
                    > bounds.last_complete_date
                )
                then 1
        end as is_open
    from progress
    cross join bounds
    left join funnel_steps as next_steps
        on
            progress.funnel = next_steps.funnel
            and progress.step + 1 = next_steps.step

),

counted as (

    select
        funnel,
        entry_date,
        step,
        count(*) as users,
        count(is_open) as open_users
    from standing
    group by
        funnel,
        entry_date,
        step

),

-- The last date on which an attempt that starts on entry_date could still get anywhere; without a
-- window or a fixed last day there is none.
deadlines as (

    select
        funnel_steps.funnel as funnel,
        calendar.calendar_date as entry_date,
        least(
            {{ local_date(add_seconds(
                microsecond_before(local_midnight(add_days('calendar.calendar_date', 1))),
                'funnel_steps.window_seconds'
            )) }},
            {{ add_days('calendar.calendar_date', 'funnel_steps.on_day') }}
        ) as last_running_date
    from calendar
    cross join funnel_steps
    where funnel_steps.is_last_step

),

dense as (

    select
        funnel_steps.funnel as funnel,
        deadlines.entry_date as entry_date,
        funnel_steps.step as step,
        coalesce(counted.users, 0) as users,
        coalesce(counted.open_users, 0) as open_users,
        coalesce(deadlines.last_running_date <= bounds.last_complete_date, false) as is_complete
    from funnel_steps
    inner join deadlines
        on funnel_steps.funnel = deadlines.funnel
    cross join bounds
    left join counted
        on
            funnel_steps.funnel = counted.funnel
            and deadlines.entry_date = counted.entry_date
            and funnel_steps.step = counted.step

),

compared as (

    select
        funnel,
        entry_date,
        step,
        users,
        first_value({{ nullable('users') }}) over (
            partition by funnel, entry_date order by step
        ) as users_at_start,
        open_users,
        is_complete
    from dense

)

select
    funnel,
    entry_date,
    cast(step as bigint) as step,
    users,
    {{ rate('users', 'users_at_start') }} as conversion_from_start,
    open_users,
    is_complete
from compared
