{{ config(**rollup_step()) }}
{% set kept_signups = kept_rollup('int_signups') -%}
with signup_events as (

    {% if signup_event() -%}
    select
        user_id,
        occurred_at
    from {{ ref('int_named_events') }}
    where
        is_due
        and reference = {{ text_literal(signup_event()) }}
    {%- else -%}
    select
        user_id,
        occurred_at
    from {{ ref('int_due_events') }}
    where is_due
    {%- endif %}

),

earliest as (

    select
        user_id,
        min(occurred_at) as signed_up_at
    from signup_events
    group by user_id

),

new_signups as (

    select
        earliest.user_id,
        earliest.signed_up_at,
        {{ 'kept.signup_date' if kept_signups else 'cast(null as date)' }} as kept_date
    from earliest
    {% if kept_signups -%}
    left join {{ kept_signups }} as kept
        on earliest.user_id = kept.user_id
    where
        kept.user_id is null
        or earliest.signed_up_at < kept.signed_up_at
    {%- endif %}

),

dated as (

    select
        user_id,
        signed_up_at,
        {{ local_date('signed_up_at') }} as signup_date,
        kept_date
    from new_signups

)

select
    user_id,
    signed_up_at,
    signup_date,
    kept_date
from dated
