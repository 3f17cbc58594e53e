-- A name that no event has may be misspelt. It stops no build, as the first such event may still
-- be to come, and a new event must not stop one.
with reference_places as (

    select * from {{ ref('int_reference_places') }}

),

actions as (

    select * from {{ ref('int_actions') }}

),

event_names as (

    select event_name
    from {{ ref('agg_event_totals') }}

),

-- an action that nothing names asks for no events
event_places as (

    select
        source_file,
        source_row,
        reference as event_name
    from reference_places
    where
        reference not in ('*', '$signup')
        and reference not in (select actions.action from actions)
    union
    select
        'seeds/actions.csv' as source_file,
        concat('row ''', action, ', ', event_name, '''') as source_row,
        event_name
    from actions
    where action in (select reference_places.reference from reference_places)

),

-- without events, every name is one that none has
unknown as (

    select
        source_file,
        source_row,
        event_name
    from event_places
    where
        event_name not in (select event_names.event_name from event_names)
        and exists (select 1 from event_names)

),

spellings as (

    select
        event_name,
        concat(' ', {{ without_capitals('event_name') }}, ' ') as spelling
    from unknown
    union
    select
        event_name,
        concat(' ', {{ without_capitals('event_name') }}, ' ') as spelling
    from event_names
    where exists (select 1 from unknown)

),

characters as (

    select
        event_name,
        spelling,
        {{ each_number(1, number_of_characters('spelling') ~ ' - 1') }} as place
    from spellings

),

-- Two characters side by side, or with one between them, so that names have most pairs in common
-- where characters are missing, are too many, or have changed places.
pairs as (

    select
        event_name,
        {{ characters_from('spelling', 'cast(place as integer)', 2) }} as pair
    from characters
    union
    select
        event_name,
        concat(
            {{ characters_from('spelling', 'cast(place as integer)', 1) }},
            {{ characters_from('spelling', 'cast(place as integer) + 2', 1) }}
        ) as pair
    from characters
    where place + 2 <= {{ number_of_characters('spelling') }}

),

counted_pairs as (

    select
        event_name,
        pair,
        count(*) over (partition by event_name) as pairs
    from pairs

),

-- the share of pairs in common, 1 for names that differ in capitals only
likenesses as (

    select
        counted_pairs.event_name as event_name,
        known_pairs.event_name as known_name,
        {{ rate('2 * count(*)', 'min(counted_pairs.pairs) + min(known_pairs.pairs)') }} as likeness
    from counted_pairs
    inner join counted_pairs as known_pairs
        on counted_pairs.pair = known_pairs.pair
    where
        counted_pairs.event_name in (select unknown.event_name from unknown)
        and known_pairs.event_name in (select event_names.event_name from event_names)
    group by
        counted_pairs.event_name,
        known_pairs.event_name

),

ranked as (

    select
        event_name,
        known_name,
        likeness,
        max(likeness) over (partition by event_name) as greatest_likeness
    from likenesses

),

closest as (

    select
        event_name,
        {{ smallest_text('known_name') }} as closest_event_name
    from ranked
    where
        likeness = greatest_likeness
        -- below it, names have hardly more in common than any two words
        and likeness >= 0.4
    group by event_name

),

unioned as (

    select
        unknown.source_file as source_file,
        unknown.source_row as source_row,
        unknown.event_name as event_name,
        closest.closest_event_name as closest_event_name,
        concat('names the event ''', unknown.event_name, ''', which has never happened') as problem,
        case
            when closest.closest_event_name is null
                then 'check its spelling, or wait for the first one'
            else concat('write ''', closest.closest_event_name, ''' if that is meant')
        end as mend
    from unknown
    left join closest
        on unknown.event_name = closest.event_name
    union all
    select
        source_file,
        source_row,
        reference as event_name,
        null as closest_event_name,
        concat(
            'names ''', reference,
            ''', which is an action in seeds/actions.csv and also the name of events'
        ) as problem,
        'the action is meant: rename it to ask for these events' as mend
    from reference_places
    where
        reference in (select actions.action from actions)
        and reference in (select event_names.event_name from event_names)

)

select
    source_file,
    source_row,
    event_name,
    closest_event_name,
    problem,
    mend,
    concat(source_file, ': ', source_row, ' ', problem, '; ', mend, '.') as message
from unioned
