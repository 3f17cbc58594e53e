{{ config(**rollup_step(enabled=rollups_are_kept())) }}
with events as (

    select
        user_id,
        occurred_at,
        ingested_at
    from {{ ref('stg_events') }}
    where ingested_at >= {{ first_delivery(ref('int_event_batches'), 'is_due') }}

),

due_batches as (

    select ingested_at
    from {{ ref('int_event_batches') }}
    where is_due

),

due_users as (

    select
        events.user_id,
        min(events.occurred_at) as first_due_at
    from events
    inner join due_batches
        on events.ingested_at = due_batches.ingested_at
    group by events.user_id

)

select
    user_id,
    first_due_at
from due_users
