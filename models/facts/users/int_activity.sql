{% set activity_events = activity_events() -%}
-- Without steps, as in int_events.
{% if activity_events -%}
select
    user_id,
    event_date as activity_date
from {{ ref('int_named_events') }}
where
    reference in (
        {%- for name in activity_events %}
        {{ text_literal(name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- else -%}
select
    user_id,
    event_date as activity_date
from {{ ref('int_arrivals') }}
{%- endif %}
