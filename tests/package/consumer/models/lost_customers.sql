select
    churned.user_id,
    churned.last_active_date
from {{ ref('event_analytics', 'user_churn') }} as churned
where churned.churn_status = 'lost'
