{{ config(**merged_rollup(['user_id', 'segment'])) }}
with segment_changes as (

    select * from {{ ref('int_user_segment_changes') }}

)

select
    user_id,
    segment,
    segment_value,
    decided_at
from segment_changes
