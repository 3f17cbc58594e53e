with sessions as (

    select * from {{ ref('fct_sessions') }}

)

select
    cast(session_id as {{ dbt.type_string() }}) as session_id,
    user_id,
    started_at,
    ended_at,
    events,
    {{ seconds_from_microseconds('microseconds') }} as duration_seconds
from sessions
