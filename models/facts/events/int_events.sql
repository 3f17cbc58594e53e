{% set has_arrivals = (var('event_columns') or {}).get('ingested_at', true) -%}
-- Without events after as_of_date, which do not exist for any report, and with the person as the
-- user where ids are merged. Without steps, since PostgreSQL takes a reader's query and this one
-- together only then, and reads events in parallel only then.
select
    events.event_id as event_id,
    events.event_name as event_name,
    {{ person_id('events') }} as user_id,
    events.occurred_at as occurred_at,
    events.event_date as event_date,
    events.properties as properties,
    events.ingested_at as ingested_at
from {{ ref('stg_events') }} as events
{{ join_persons('events') }}
{% if as_of_date() -%}
where
    {{ is_up_to_as_of_date('events') }}
{%- elif has_arrivals -%}
{{ join_one_row(ref('int_reported_dates')) }}
-- what arrived after it happened is in time anyway; so PostgreSQL asks for the date, where it is
-- not kept, only if something arrived before, which an index knows
{% set any_is_ahead = "(
        select max(ahead.occurred_at) as occurred_at
        from " ~ ref('stg_events') ~ " as ahead
        where ahead.occurred_at > ahead.ingested_at
    ) is not null" -%}
where
    (events.occurred_at > events.ingested_at) is not true
    or events.occurred_at < {{ of_one_row(
        ref('int_reported_dates'),
        'reported_until',
        where=none if facts_are_stored() else any_is_ahead
    ) }}
{%- endif %}
