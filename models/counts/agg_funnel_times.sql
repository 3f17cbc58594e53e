{{ config(**count(
    key=['breakdown', 'segment', 'segment_value', 'funnel_number', 'step', 'time_bin'],
    sums=['users', 'total_microseconds']
)) }}
{% set key = ['breakdown', 'segment', 'segment_value', 'funnel_number', 'step'] -%}
with progress as (

    {{ facts_by_segment('fct_funnel_progress', ['funnel_number', 'step', 'microseconds']) }}

),

counted as (

    {{ count_by_bin('progress', key, 'users', {'total_microseconds': 'microseconds'}) }}

)

select
    breakdown,
    segment,
    segment_value,
    funnel_number,
    step,
    time_bin,
    users,
    total_microseconds
from counted
