with user_segments as (

    select * from {{ ref('fct_user_segments') }}

)

select
    user_id,
    segment,
    segment_value
from user_segments
