{{ config(**rollup_step(enabled=rollups_are_kept())) }}
{% set kept = kept_rollup('int_funnel_progress') -%}
with touched as (

    {{ touched_funnel_users() }}

),

progress_before as (

    {% if kept -%}
    select
        kept.funnel,
        kept.user_id,
        kept.step,
        kept.microseconds_from_previous
    from {{ kept }} as kept
    inner join touched
        on kept.user_id = touched.user_id
    {%- else -%}
    select
        '' as funnel,
        user_id,
        0 as step,
        cast(0 as bigint) as microseconds_from_previous
    from touched
    where false
    {%- endif %}

)

select
    cast(funnel as {{ dbt.type_string() }}) as funnel,
    user_id,
    step,
    microseconds_from_previous
from progress_before
