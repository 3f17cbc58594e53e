{{ config(**step()) }}
-- Dates on which sessions of users begin now, or began before they were touched.
with touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}

),

touched_session_dates as (

    select distinct
        user_id,
        {{ each_date(local_date('started_at'), local_date('ended_at')) }} as session_date
    from touched_sessions

)

select
    user_id,
    session_date
from touched_session_dates
