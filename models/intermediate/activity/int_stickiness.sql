{% set key = ['period', 'period_start', 'days_active'] -%}
{{ config(**counted_summary(key)) }}
{% if not execute -%}
-- depends_on: {{ ref('int_user_day_changes') }}
{% endif -%}
{% set going_on = goes_on() -%}
with
{% if going_on -%}
new_days as (

    select
        user_id,
        activity_date
    from {{ ref('int_user_day_changes') }}
    where not was_kept

),

users as (

    select
        user_id,
        min(activity_date) as first_new_date
    from new_days
    group by user_id

),

-- of the periods that hold a new date, and of the others since then, which change nothing
user_days as (

    select
        user_days.user_id,
        user_days.activity_date,
        case when new_days.user_id is null then 0 else 1 end as is_new
    from {{ ref('int_user_days') }} as user_days
    inner join users
        on
            user_days.user_id = users.user_id
            and user_days.activity_date >= least(
                {{ week_start_date('users.first_new_date') }},
                {{ month_start_date('users.first_new_date') }}
            )
    left join new_days
        on
            user_days.user_id = new_days.user_id
            and user_days.activity_date = new_days.activity_date

),
{%- else -%}
user_days as (

    select
        user_id,
        activity_date,
        1 as is_new
    from {{ ref('int_user_days') }}

),
{%- endif %}

days_of_weeks as (

    select
        user_id,
        'week' as period,
        {{ week_start_date('activity_date') }} as period_start,
        is_new
    from user_days

),

days_of_months as (

    select
        user_id,
        'month' as period,
        {{ month_start_date('activity_date') }} as period_start,
        is_new
    from user_days

),

unioned as (

    select * from days_of_weeks
    union all
    select * from days_of_months

),

users_of_periods as (

    select
        user_id,
        period,
        period_start,
        count(*) as days_active,
        sum(is_new) as new_days
    from unioned
    group by
        user_id,
        period,
        period_start

),

weighted as (

    select
        period,
        period_start,
        days_active,
        1 as weight
    from users_of_periods
    where new_days > 0
    {%- if going_on %}
    union all
    -- as the build before has counted them
    select
        period,
        period_start,
        days_active - new_days as days_active,
        -1 as weight
    from users_of_periods
    where
        new_days > 0
        and days_active > new_days
    {%- endif %}

),

counted as (

    select
        period,
        period_start,
        days_active,
        sum(weight) as users
    from weighted
    group by
        period,
        period_start,
        days_active

),

brought_up_to_date as (

    {{ brought_up_to_date(key, ['users'], going_on) }}

)

select
    period,
    period_start,
    cast(days_active as bigint) as days_active,
    cast(users as bigint) as users
from brought_up_to_date
