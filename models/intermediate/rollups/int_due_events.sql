{{ config(**rollup_step()) }}
with events as (

    select * from {{ ref('int_events') }}

),

due_events as (

    select events.*
    from events
    {% if rollups_are_kept() -%}
    inner join {{ ref('int_due_users') }} as due_users
        on events.user_id = due_users.user_id
    {%- endif %}

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties
from due_events
