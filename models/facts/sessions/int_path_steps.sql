{% set max_steps = whole_number('max_path_steps', 1) -%}
-- The steps that paths follow.
with session_steps as (

    {% if facts_are_stored() -%}
    select
        user_id,
        step_number,
        event_name as from_event,
        to_event
    from {{ ref('fct_events') }}
    {%- else -%}
    select
        user_id,
        step_number,
        from_event,
        to_event
    from {{ ref('int_session_steps') }}
    {%- endif %}

)

select
    user_id,
    step_number,
    from_event,
    to_event
from session_steps
where
    to_event is not null
    and step_number <= {{ max_steps }}
