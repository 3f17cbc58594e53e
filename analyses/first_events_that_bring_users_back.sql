-- Which first event goes with coming back? By the event with which users began: how many of them
-- were active again on one of the 28 days after. Only users for whom these days are over; and what
-- goes together need not be a cause: try it on new users before you believe it.
with events as (

    select * from {{ ref('int_events') }}

),

user_days as (

    select * from {{ ref('fct_user_days') }}

),

complete_days as (

    select period_start as complete_date
    from {{ ref('active_users') }}
    where
        period = 'day'
        and is_complete

),

numbered as (

    select
        user_id,
        event_name,
        event_date,
        row_number() over (
            partition by user_id
            order by
                occurred_at,
                event_id
        ) as event_number
    from events

),

beginnings as (

    select
        numbered.user_id as user_id,
        numbered.event_name as first_event,
        numbered.event_date as first_date,
        {{ event_analytics.add_days('numbered.event_date', 28) }} as last_date
    from numbered
    inner join complete_days
        on {{ event_analytics.add_days('numbered.event_date', 28) }} = complete_days.complete_date
    where numbered.event_number = 1

),

followed as (

    select
        beginnings.user_id as user_id,
        beginnings.first_event as first_event,
        count(user_days.activity_date) as later_active_days
    from beginnings
    left join user_days
        on
            beginnings.user_id = user_days.user_id
            and beginnings.first_date < user_days.activity_date
            and beginnings.last_date >= user_days.activity_date
    group by
        beginnings.user_id,
        beginnings.first_event

),

counted as (

    select
        first_event,
        count(*) as users,
        sum(case when later_active_days > 0 then 1 else 0 end) as returned_users
    from followed
    group by first_event

)

select
    first_event,
    users,
    returned_users,
    {{ event_analytics.rate('returned_users', 'users') }} as return_rate
from counted
order by
    return_rate desc,
    first_event asc
