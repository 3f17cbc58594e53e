{{ config(**fact(key=['user_id', 'activity_date'])) }}
{% set kept = kept_rows() -%}
{% do may_read(['int_touched_users']) -%}
with activity as (

    select * from {{ ref('int_activity') }}

),

days as (

    select distinct
        user_id,
        activity_date
    from activity

),

{% if kept -%}
-- from the last date before the new ones on, which get other dates beside them
kept_days as (

    select
        kept.user_id as user_id,
        kept.activity_date as activity_date,
        kept.previous_activity_date as previous_activity_date
    from {{ kept }} as kept
    inner join {{ ref('int_touched_users') }} as touched_users
        on kept.user_id = touched_users.user_id
    where
        kept.next_activity_date is null
        or kept.next_activity_date >= touched_users.since_date

),

unioned as (

    select
        user_id,
        activity_date,
        cast(null as {{ type_date() }}) as previous_activity_date
    from days
    union all
    select * from kept_days

),

-- what lies before the first of them only that one knows
user_days as (

    select
        user_id,
        activity_date,
        max(previous_activity_date) as previous_activity_date
    from unioned
    group by
        user_id,
        activity_date

),

{% else -%}
user_days as (

    select
        user_id,
        activity_date,
        cast(null as {{ type_date() }}) as previous_activity_date
    from days

),

{% endif -%}
followed as (

    select
        user_id,
        activity_date,
        coalesce(
            lag({{ nullable('activity_date') }}) over (partition by user_id order by activity_date),
            previous_activity_date
        ) as previous_activity_date,
        lead({{ nullable('activity_date') }}) over (partition by user_id order by activity_date)
            as next_activity_date
    from user_days

)

select
    user_id,
    activity_date,
    previous_activity_date,
    next_activity_date
from followed
