with $user_periods, counted as (
    select period, period_start, count(*) as users from user_periods group by 1, 2
)
select period, period_start, coalesce(users, 0), is_complete
from periods left join counted using (period, period_start)
