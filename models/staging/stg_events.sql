with source as (

    select * from {{ source('raw', 'events') }}

),

renamed as (

    select
        event_id,
        event_name,
        user_id,
        event_time as occurred_at,
        {{ local_date('event_time') }} as event_date,
        properties,
        ingested_at
    from source

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties,
    ingested_at
from renamed
