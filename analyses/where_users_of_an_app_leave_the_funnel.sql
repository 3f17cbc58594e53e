-- Where do users of one app leave the funnel? Its steps by the app that a user came with first; put
-- a referrer, a plan or any other property in its place. Users without one are in (none), so that
-- the groups add up to funnel_conversion.
with funnel_users as (

    select * from {{ ref('funnel_users') }}

),

events as (

    select * from {{ ref('int_events') }}

),

valued as (

    select
        user_id,
        occurred_at,
        event_id,
        {{ event_analytics.property_text('properties', "'appId'") }} as app
    from events

),

numbered as (

    select
        user_id,
        app,
        row_number() over (
            partition by user_id
            order by
                occurred_at,
                event_id
        ) as value_number
    from valued
    where app is not null

),

first_apps as (

    select
        user_id,
        app
    from numbered
    where value_number = 1

),

counted as (

    select
        coalesce(first_apps.app, '(none)') as app,
        funnel_users.step as step,
        count(*) as users
    from funnel_users
    left join first_apps
        on funnel_users.user_id = first_apps.user_id
    where funnel_users.funnel = 'question_to_feedback'
    group by
        coalesce(first_apps.app, '(none)'),
        funnel_users.step

),

compared as (

    select
        app,
        step,
        users,
        max(users) over (partition by app) as entered_users
    from counted

)

select
    app,
    step,
    users,
    {{ event_analytics.rate('users', 'entered_users') }} as conversion_from_start
from compared
order by
    entered_users desc,
    app asc,
    step asc
