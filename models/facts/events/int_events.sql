-- Without events after as_of_date, which do not exist for any report.
with events as (

    select * from {{ ref('stg_events') }}

),

reported as (

    select *
    from events
    {% if as_of_date() -%}
    -- By instant, not by date, so that the database can skip what lies outside. In some zones a clock
    -- has gone back over midnight, and the last date comes again after a few minutes of the next.
    where
        occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date) + 1") }}
        and (
            occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date)") }}
            or {{ local_date('occurred_at') }} <= cast('{{ as_of_date() }}' as date)
        )
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
