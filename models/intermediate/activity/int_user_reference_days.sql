{{ config(**merged_rollup(['reference', 'user_id', 'event_date'])) }}
-- after the model that reads what was kept before
-- depends_on: {{ ref('int_user_reference_periods') }}
with due_days as (

    select * from {{ ref('int_due_reference_days') }}

)

select
    reference,
    user_id,
    event_date
from due_days
