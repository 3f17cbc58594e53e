{{ config(**rollup_step(enabled=rollups_are_kept())) }}
{% set kept = kept_rollup('int_sessions') -%}
with touched as (

    {{ touched_session_dates() }}

),

sessions_before as (

    {% if kept -%}
    select
        kept.user_id,
        kept.session_date,
        kept.microseconds,
        kept.events
    from {{ kept }} as kept
    inner join touched
        on
            kept.user_id = touched.user_id
            and kept.session_date = touched.session_date
    {%- else -%}
    select
        user_id,
        session_date,
        cast(0 as bigint) as microseconds,
        cast(0 as bigint) as events
    from touched
    where false
    {%- endif %}

)

select
    user_id,
    session_date,
    microseconds,
    events
from sessions_before
