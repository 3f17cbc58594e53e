{{ config(**merged_rollup(['user_id'])) }}
with signup_changes as (

    select * from {{ ref('int_signup_changes') }}

)

select
    user_id,
    signed_up_at,
    signup_date
from signup_changes
