{{ config(**step(
    in_both_modes=true, stored=stores_events(), key=['user_id', 'occurred_at', 'event_id']
)) }}
{% do may_read(['int_deliveries']) -%}
{% set is_of_due_delivery -%}
{% if refreshing() -%}
ingested_at >= {{ first_due_delivery() }}
and ingested_at in (
    select deliveries.ingested_at
    from {{ ref('int_deliveries') }} as deliveries
    where deliveries.is_due
)
{%- endif %}
{%- endset -%}
-- All that a refresh reads of the events: those of deliveries that are due, and of users who are.
-- Where nothing is kept, or everything is due, all of them.
-- Without steps, as in int_events.
select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties
from {{ ref('int_events') }}
{% if refreshing() -%}
where
    {{ is_of_due_delivery }}
{%- endif %}
{% if users_are_due() -%}
union all
select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties
from {{ ref('int_events') }}
where
    event_id in ({{ event_ids_of_users_due() }})
    and not (
        {{ is_of_due_delivery }}
    )
{%- endif %}
