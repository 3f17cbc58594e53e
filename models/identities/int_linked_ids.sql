{{ config(enabled=identities_are_merged()) }}
with definitions as (

    select * from {{ ref('int_identity_links') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

-- Events are read for these alone, and not put into one step for both, which would keep the
-- properties of all of them.
named_events as (

    select
        events.user_id as user_id,
        definitions.known_id as known_id,
        events.occurred_at as occurred_at,
        {{ property_text('events.properties', 'definitions.property') }} as linked_id
    from {{ ref('stg_events') }} as events
    inner join definitions
        on events.event_name = definitions.event_name
    where {{ is_up_to_as_of_date('events') }}

),

any_events as (

    select
        events.user_id as user_id,
        definitions.known_id as known_id,
        events.occurred_at as occurred_at,
        {{ property_text('events.properties', 'definitions.property') }} as linked_id
    from {{ ref('stg_events') }} as events
    cross join definitions
    where
        definitions.event_name = '*'
        and {{ is_up_to_as_of_date('events') }}

),

link_events as (

    select * from named_events
    union all
    select * from any_events

),

links as (

    select
        case known_id when 'property' then linked_id else user_id end as known_id,
        case known_id when 'property' then user_id else linked_id end as other_id,
        occurred_at
    from link_events
    where
        linked_id <> ''
        and linked_id <> user_id
    union all
    select
        user_id as known_id,
        other_id,
        cast(null as {{ type_instant() }}) as occurred_at
    from identities

)

select
    known_id,
    other_id,
    -- a pair of the seed holds since ever
    case when count(*) = count(occurred_at) then min(occurred_at) end as linked_at
from links
group by
    known_id,
    other_id
