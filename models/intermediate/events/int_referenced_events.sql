with event_references as (

    select * from {{ ref('int_event_references') }}

),

referenced as (

    {{ referenced_events('event_references', 'is_of_due_funnel_user') }}

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from referenced
