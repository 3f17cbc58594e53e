with retentions as (

    select * from {{ ref('int_retentions') }}

),

retention_references as (

    select cohort_event as reference from retentions
    union
    select return_event as reference from retentions

),

-- not int_referenced_events, which also computes what only funnels and variables ask for
referenced as (

    {{ referenced_events('retention_references', 'is_due', signups=false) }}

),

-- retention asks on which days a user did something, not how often
user_days as (

    select distinct
        reference,
        user_id,
        event_date
    from referenced

)

select
    reference,
    user_id,
    event_date
from user_days
