with progress as (

    select * from {{ ref('fct_funnel_progress') }}

)

select
    funnel,
    user_id,
    cast(step as bigint) as step,
    reached_at,
    {{ seconds_from_microseconds('microseconds') }} as seconds_from_previous
from progress
