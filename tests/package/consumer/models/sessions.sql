-- Of the same name as a view of the package: neither is taken for the other.
select
    session_id,
    user_id as customer
from {{ ref('event_analytics', 'sessions') }}
