with user_churn as (

    select * from {{ ref('int_user_churn') }}

)

select
    user_id,
    last_active_date,
    days_inactive,
    churn_status
from user_churn
