-- Do we have more users because more join, because old ones come back, or because fewer leave? Each
-- complete month's change in active users, taken apart; the parts add up to the change.
with lifecycle as (

    select * from {{ ref('user_lifecycle') }}

)

select
    period_start as month_start,
    active_users,
    new_users as joined,
    resurrected_users as came_back,
    -dormant_users as stayed_away,
    new_users + resurrected_users - dormant_users as change_in_active_users
from lifecycle
where
    period = 'month'
    and is_complete
order by month_start
