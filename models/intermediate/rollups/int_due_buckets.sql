{{ config(**rollup_step(enabled=rollups_are_kept())) }}
with due_batches as (

    select
        ingested_at,
        bucket
    from {{ ref('int_event_batches') }}
    where is_due

),

-- The hour as well: a delivery that has become a large one was in it before.
due_buckets as (

    select bucket from due_batches
    union
    select date_trunc('hour', ingested_at at time zone 'UTC') as bucket
    from due_batches

)

select bucket
from due_buckets
