{{ config(**count(key=['segment', 'segment_value'], sums=['users'])) }}
with user_segments as (

    {{ facts('fct_user_segments', ['segment', 'segment_value']) }}

),

counted as (

    select
        segment,
        segment_value,
        sum(weight) as users
    from user_segments
    group by
        segment,
        segment_value

)

select
    segment,
    segment_value,
    cast(users as bigint) as users
from counted
