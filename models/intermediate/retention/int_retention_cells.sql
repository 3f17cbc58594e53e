{% set key = [
    'breakdown', 'segment', 'segment_value', 'retention', 'cohort_index', 'period_number'
] -%}
{% set counts = ['cohort_users', 'returned_users', 'last_returned_users'] -%}
{{ config(**counted_summary(key)) }}
{% if not execute -%}
-- depends_on: {{ ref('int_user_segment_changes') }}
{% endif -%}
{% set going_on = goes_on() -%}
{% set columns = [
    'retention', 'cohort_index', 'period_number', 'is_entry', 'is_return', 'is_last_return', 'weight'
] -%}
with all_user_cells as (

    select * from {{ ref('int_user_retention_cells') }}

),

user_segments as (

    {{ counted_segments(going_on) }}

),

user_cells as (

    {{ broken_down('all_user_cells', 'user_segments', columns, weighted=going_on) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_index,
        period_number,
        sum(case when is_entry then weight else 0 end) as cohort_users,
        sum(case when is_return then weight else 0 end) as returned_users,
        sum(case when is_last_return then weight else 0 end) as last_returned_users
    from user_cells
    group by
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_index,
        period_number

),

brought_up_to_date as (

    {{ brought_up_to_date(key, counts, going_on) }}

)

select
    breakdown,
    segment,
    segment_value,
    retention,
    cohort_index,
    period_number,
    cast(cohort_users as bigint) as cohort_users,
    cast(returned_users as bigint) as returned_users,
    cast(last_returned_users as bigint) as last_returned_users
from brought_up_to_date
