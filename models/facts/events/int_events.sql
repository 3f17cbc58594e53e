-- Without events after as_of_date, which do not exist for any report.
with events as (

    select * from {{ ref('stg_events') }}

),

reported as (

    select *
    from events
    {% if as_of_date() -%}
    -- by instant, not by date, so that the database can skip what lies outside
    where occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date) + 1") }}
    {%- endif %}

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties,
    ingested_at
from reported
