with statuses as (

    select *
    from {{ ref('int_churn_summary') }}
    where breakdown = 'none'

)

select
    churn_status,
    users,
    share
from statuses
