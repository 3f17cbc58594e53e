-- Of the users of an entry date at a step, those at the next one and those who are still open are
-- different people, and nobody is open at the last step or on a complete date. Someone counted as
-- open and converted would make the rest look smaller that people read as lost.
with steps as (

    select
        funnel,
        entry_date,
        step,
        users,
        open_users,
        is_complete,
        lead({{ nullable('users') }}) over (
            partition by funnel, entry_date order by step
        ) as next_users
    from {{ ref('funnel_conversion_daily') }}

)

select *
from steps
where
    open_users < 0
    or open_users + coalesce(next_users, 0) > users
    or (next_users is null and open_users > 0)
    or (is_complete and open_users > 0)
