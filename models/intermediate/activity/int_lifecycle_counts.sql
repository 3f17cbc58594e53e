{{ config(**rollup_summary()) }}
with user_lifecycle as (

    select * from {{ ref('int_user_lifecycle') }}

),

counted as (

    select
        period,
        period_index,
        sum(case when lifecycle = 'new' then 1 else 0 end) as new_users,
        sum(case when lifecycle = 'retained' then 1 else 0 end) as retained_users,
        sum(case when lifecycle = 'resurrected' then 1 else 0 end) as resurrected_users,
        sum(case when lifecycle = 'dormant' then 1 else 0 end) as dormant_users
    from user_lifecycle
    group by
        period,
        period_index

)

select
    period,
    period_index,
    cast(new_users as bigint) as new_users,
    cast(retained_users as bigint) as retained_users,
    cast(resurrected_users as bigint) as resurrected_users,
    cast(dormant_users as bigint) as dormant_users
from counted
