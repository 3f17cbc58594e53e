{{ config(pre_hook="{{ event_analytics.require_time_zones(sql) }}") }}

with source as (

    select * from {{ raw_events() }}

),

renamed as (

    select
        cast({{ event_column('event_id') }} as {{ event_id_type() }}) as event_id,
        cast({{ event_column('event_name') }} as {{ dbt.type_string() }}) as event_name,
        cast({{ event_column('user_id') }} as {{ dbt.type_string() }}) as user_id,
        -- not cast: a time without an offset would silently be taken for the session's own
        {{ event_column('event_time') }} as occurred_at,
        cast({{ event_column('properties') }} as {{ json_type() }}) as properties,
        {{ event_column('ingested_at') }} as ingested_at
    from source

),

dated as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        {{ local_date('occurred_at') }} as event_date,
        properties,
        ingested_at
    from renamed

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties,
    ingested_at
from dated
