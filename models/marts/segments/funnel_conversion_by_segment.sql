with steps as (

    select *
    from {{ ref('int_funnel_conversion') }}
    where breakdown = 'segment'

)

select
    segment,
    segment_value,
    funnel,
    step,
    step_name,
    users,
    conversion_from_start,
    conversion_from_previous,
    median_seconds_from_previous,
    average_seconds_from_previous
from steps
