{{ config(**user_rollup()) }}
with referenced_events as (

    select * from {{ ref('int_referenced_events') }}

),

retentions as (

    select * from {{ ref('int_retentions') }}

),

-- retention asks on which days a user did something, not how often
retention_references as (

    select cohort_event as reference from retentions
    union
    select return_event as reference from retentions

),

user_days as (

    select distinct
        referenced_events.reference,
        referenced_events.user_id,
        referenced_events.event_date
    from referenced_events
    inner join retention_references
        on referenced_events.reference = retention_references.reference

)

select
    reference,
    user_id,
    event_date
from user_days
