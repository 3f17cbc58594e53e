{{ config(**rollup_summary()) }}
with user_segments as (

    select * from {{ ref('int_user_segments') }}

),

segment_values as (

    select distinct
        segment,
        segment_value
    from user_segments

),

unioned as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value
    union all
    select
        'segment' as breakdown,
        segment,
        segment_value
    from segment_values

)

select
    breakdown,
    segment,
    segment_value
from unioned
