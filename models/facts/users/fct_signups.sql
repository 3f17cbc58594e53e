{{ config(**fact(key=['user_id'])) }}
{% set kept = kept_rows() -%}
with signup_events as (

    {% if signup_event() -%}
    select
        user_id,
        occurred_at
    from {{ ref('int_named_events') }}
    where reference = {{ text_literal(signup_event()) }}
    {%- else -%}
    select
        user_id,
        occurred_at
    from {{ ref('int_arrivals') }}
    {%- endif %}

),

earliest as (

    select
        user_id,
        min(occurred_at) as signed_up_at
    from signup_events
    group by user_id

),

{% if kept -%}
earliest_so_far as (

    select
        earliest.user_id as user_id,
        least(earliest.signed_up_at, kept.signed_up_at) as signed_up_at
    from earliest
    left join {{ kept }} as kept
        on earliest.user_id = kept.user_id

),

{% endif -%}
dated as (

    select
        user_id,
        signed_up_at,
        {{ local_date('signed_up_at') }} as signup_date
    from {{ 'earliest_so_far' if kept else 'earliest' }}

)

select
    user_id,
    signed_up_at,
    signup_date
from dated
