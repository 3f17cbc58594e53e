-- Recounted from the raw events, each date has as many active users as daily_active_users says. A
-- filter, join or window between the two that loses or repeats users would go unseen otherwise:
-- every view downstream would agree on the wrong number.
{% set activity_events = activity_events() -%}
with activity as (

    select
        user_id,
        {{ local_date('event_time') }} as activity_date
    from {{ source('raw', 'events') }}
    {% if activity_events -%}
    where event_name in (
        {%- for name in activity_events %}
        {{ text_literal(name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif %}

),

recounted as (

    select
        activity_date,
        count(distinct user_id) as users
    from activity
    {% if as_of_date() -%}
    where activity_date <= cast('{{ as_of_date() }}' as date)
    {% endif -%}
    group by activity_date

)

select
    recounted.users,
    daily.dau,
    coalesce(daily.activity_date, recounted.activity_date) as activity_date
from {{ ref('daily_active_users') }} as daily
full outer join recounted
    on daily.activity_date = recounted.activity_date
where coalesce(daily.dau, 0) <> coalesce(recounted.users, 0)
