{{ config(**counted_summary(
    ['breakdown', 'segment', 'segment_value', 'retention', 'cohort_index', 'period_number']
)) }}
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

    {% if going_on -%}
    {{ weighted_segments() }}
    {%- else -%}
    select * from {{ ref('int_user_segments') }}
    {%- endif %}

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

{% if going_on -%}
brought_up_to_date as (

    select
        counted.breakdown,
        counted.segment,
        counted.segment_value,
        counted.retention,
        counted.cohort_index,
        counted.period_number,
        counted.cohort_users + coalesce(kept.cohort_users, 0) as cohort_users,
        counted.returned_users + coalesce(kept.returned_users, 0) as returned_users,
        counted.last_returned_users + coalesce(kept.last_returned_users, 0) as last_returned_users
    from counted
    left join {{ this }} as kept
        on
            {{ same_breakdown('counted', 'kept') }}
            and counted.retention = kept.retention
            and counted.cohort_index = kept.cohort_index
            and counted.period_number = kept.period_number
    where
        counted.cohort_users <> 0
        or counted.returned_users <> 0
        or counted.last_returned_users <> 0

)
{%- else -%}
brought_up_to_date as (

    select * from counted

)
{%- endif %}

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
