{{ config(**user_rollup()) }}
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
    from {{ ref('int_due_events') }}
    {%- endif %}

),

earliest as (

    select
        user_id,
        min(occurred_at) as signed_up_at
    from signup_events
    group by user_id

),

dated as (

    select
        user_id,
        signed_up_at,
        {{ local_date('signed_up_at') }} as signup_date
    from earliest

)

select
    user_id,
    signed_up_at,
    signup_date
from dated
