{{ config(**merged_rollup(['user_id', 'activity_date'])) }}
with activity as (

    select * from {{ ref('int_activity') }}

),

user_days as (

    select distinct
        user_id,
        activity_date
    from activity

),

{% if is_incremental() -%}
new_days as (

    select
        user_days.user_id,
        user_days.activity_date
    from user_days
    left join {{ this }} as kept
        on
            user_days.user_id = kept.user_id
            and user_days.activity_date = kept.activity_date
    where kept.user_id is null

),

first_new_days as (

    select
        user_id,
        min(activity_date) as activity_date
    from new_days
    group by user_id

),

-- from the last date before the new ones on, which get other dates beside them
kept_days as (

    select
        kept.user_id,
        kept.activity_date,
        kept.previous_activity_date,
        kept.next_activity_date
    from {{ this }} as kept
    inner join first_new_days
        on kept.user_id = first_new_days.user_id
    where
        kept.next_activity_date is null
        or kept.next_activity_date > first_new_days.activity_date

),

joined_days as (

    select
        user_id,
        activity_date,
        true as is_new,
        cast(null as date) as previous_activity_date,
        cast(null as date) as next_activity_date
    from new_days
    union all
    select
        user_id,
        activity_date,
        false as is_new,
        previous_activity_date,
        next_activity_date
    from kept_days

),

neighbours as (

    select
        user_id,
        activity_date,
        is_new,
        previous_activity_date as kept_previous_date,
        next_activity_date as kept_next_date,
        coalesce(
            lag(activity_date) over (partition by user_id order by activity_date),
            previous_activity_date
        ) as previous_activity_date,
        lead(activity_date) over (partition by user_id order by activity_date)
            as next_activity_date
    from joined_days

),

followed as (

    select *
    from neighbours
    where
        is_new
        or previous_activity_date is distinct from kept_previous_date
        or next_activity_date is distinct from kept_next_date

)
{%- else -%}
followed as (

    select
        user_id,
        activity_date,
        lag(activity_date) over (partition by user_id order by activity_date)
            as previous_activity_date,
        lead(activity_date) over (partition by user_id order by activity_date)
            as next_activity_date
    from user_days

)
{%- endif %}

select
    user_id,
    activity_date,
    previous_activity_date,
    next_activity_date
from followed
