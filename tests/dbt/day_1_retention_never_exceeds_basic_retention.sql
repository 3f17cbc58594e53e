-- Who was active on the day after the signup came back on some later date. More of the former than
-- of the latter would mean that one of the two counts activity that the other does not see.
select
    day_1.cohort_date as cohort_date,
    day_1.retained_users as retained_users,
    basic.returned_users as returned_users
from {{ ref('day_1_retention') }} as day_1
inner join {{ ref('basic_retention') }} as basic
    on day_1.cohort_date = basic.cohort_date
where day_1.retained_users > basic.returned_users
