with user_churn as (

    select * from {{ ref('user_churn') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

counted as (

    select
        churn_status,
        count(*) as users
    from user_churn
    group by churn_status

),

dense as (

    select
        churn_windows.churn_status,
        coalesce(counted.users, 0) as users
    from churn_windows
    left join counted
        on churn_windows.churn_status = counted.churn_status

),

shared as (

    select
        churn_status,
        users,
        {{ rate('users', 'sum(users) over ()') }} as share
    from dense

)

select
    churn_status,
    users,
    share
from shared
