with statuses as (

    select *
    from {{ ref('int_churn_summary') }}
    where breakdown = 'segment'

)

select
    segment,
    segment_value,
    churn_status,
    users,
    share
from statuses
