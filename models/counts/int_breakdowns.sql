{{ config(**shared_view()) }}
with segment_values as (

    select * from {{ ref('agg_segment_values') }}

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
