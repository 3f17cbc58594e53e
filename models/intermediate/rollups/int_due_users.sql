{{ config(**rollup_step(enabled=rollups_are_kept())) }}
with events as (

    select
        user_id,
        ingested_at
    from {{ ref('stg_events') }}

),

due_batches as (

    select ingested_at
    from {{ ref('int_event_batches') }}
    where is_due

),

due_users as (

    select distinct events.user_id
    from events
    inner join due_batches
        on events.ingested_at = due_batches.ingested_at

)

select user_id
from due_users
