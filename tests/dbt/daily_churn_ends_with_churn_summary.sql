-- On its last date daily_churn says what churn_summary says. One counts entries and exits, the
-- other looks at each user's last day; an exit that one misses would add up over the dates.
with last_date as (

    select max(as_of_date) as as_of_date
    from {{ ref('daily_churn') }}

),

final_counts as (

    select
        daily.churn_status as churn_status,
        daily.users as users
    from {{ ref('daily_churn') }} as daily
    inner join last_date
        on daily.as_of_date = last_date.as_of_date

)

select
    statuses.churn_status as churn_status,
    statuses.users as users,
    final_counts.users as users_on_the_last_date
from {{ ref('churn_summary') }} as statuses
full outer join final_counts
    on statuses.churn_status = final_counts.churn_status
where coalesce(statuses.users, 0) <> coalesce(final_counts.users, 0)
