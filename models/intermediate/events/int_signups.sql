{{ config(**merged_rollup(['user_id'])) }}
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
        earliest.signed_up_at
    from earliest
    {% if is_incremental() -%}
    left join {{ this }} as kept
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
        {{ local_date('signed_up_at') }} as signup_date
    from new_signups

)

select
    user_id,
    signed_up_at,
    signup_date
from dated
