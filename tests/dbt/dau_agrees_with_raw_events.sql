-- Recounted from the raw events, each date has as many active users as daily_active_users says. A
-- filter, join or window between the two that loses or repeats users would go unseen otherwise:
-- every view downstream would agree on the wrong number.
{% set activity_events = activity_events() -%}
with raw_events as (

    select
        {{ event_column('event_name') }} as event_name,
        {{ event_column('user_id') }} as user_id,
        {{ local_date(event_column('event_time')) }} as event_date,
        cast({{ event_column('properties') }} as {{ json_type() }}) as properties
    from {{ raw_events() }}

),

{% if activity_events -%}
wanted as (

    {{ text_rows(activity_events, 'name') }}

),

actions as (

    select * from {{ ref('actions') }}

),

{% endif -%}
activity as (

    select
        events.user_id as user_id,
        events.event_date as activity_date
    from raw_events as events
    {% if activity_events -%}
    where
        exists (
            select 1
            from wanted
            where
                wanted.name = events.event_name
                and not exists (select 1 from actions where actions.action = wanted.name)
        )
        or exists (
            select 1
            from wanted
            inner join actions
                on wanted.name = actions.action
            where
                actions.event_name = events.event_name
                and not exists (
                    select 1
                    from actions as others
                    where
                        others.action = actions.action
                        and others.event_name = actions.event_name
                        and not {{ action_row_holds(
                            'events.properties',
                            'others.property',
                            'others.operator',
                            'others.value'
                        ) }}
                )
        )
    {%- endif %}

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

recounted as (

    select
        activity.activity_date as activity_date,
        count(distinct {{ person_id('activity') }}) as users
    from activity
    {{ join_persons('activity') }}
    inner join bounds
        on activity.activity_date between bounds.first_report_date and bounds.as_of_date
    group by activity.activity_date

)

select
    recounted.users as users,
    daily.dau as dau,
    coalesce(daily.activity_date, recounted.activity_date) as activity_date
from {{ ref('daily_active_users') }} as daily
full outer join recounted
    on daily.activity_date = recounted.activity_date
where coalesce(daily.dau, 0) <> coalesce(recounted.users, 0)
