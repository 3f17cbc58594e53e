with progress as (

    select * from {{ ref('int_funnel_progress') }}

)

select
    funnel,
    user_id,
    cast(step as bigint) as step,
    reached_at,
    {{ seconds_from_microseconds('microseconds_from_previous') }} as seconds_from_previous
from progress
