{{ config(**rollup_step(enabled=rollups_are_kept())) }}
with due_instants as (

    {{ due_instants() }}

),

due_users as (

    select
        user_id,
        min(occurred_at) as first_due_at
    from due_instants
    group by user_id

)

select
    user_id,
    first_due_at
from due_users
