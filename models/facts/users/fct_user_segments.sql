{{ config(**fact(key=['user_id', 'segment'])) }}
{% set kept_segments = kept_rows() -%}
{% set properties = segment_properties(ref('int_segments')) -%}
{% set values = [] -%}
{% for property in properties %}{% do values.append('value_' ~ loop.index) %}{% endfor -%}
with events as (

    select * from {{ ref('int_arrivals') }}

),

segments as (

    select
        segment,
        property,
        pick
    from {{ ref('int_segments') }}

),

valued as (

    select
        user_id,
        {%- for property in properties %}
        {{ property_value('properties', text_literal(property)) }} as value_{{ loop.index }},
        {%- endfor %}
        occurred_at
    from events

),

-- Events without a value say nothing, so a user keeps the value that others gave. From when to when
-- a user had which values, for all segments at once: few rows, so that no sort goes through the
-- events, and what is found need not become text before that.
combined_spans as (

    select
        user_id,
        {%- for value in values %}
        {{ value }},
        {%- endfor %}
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from valued
    group by {{ (['user_id'] + values) | join(', ') }}

),

valued_spans as (

    select
        combined_spans.user_id as user_id,
        segments.segment as segment,
        segments.pick as pick,
        {{ segment_value(properties, 'combined_spans.value_{}') }} as segment_value,
        combined_spans.first_at as first_at,
        combined_spans.last_at as last_at
    from combined_spans
    cross join segments

),

users as (

    select distinct user_id
    from combined_spans

),

{% if kept_segments -%}
kept as (

    select
        kept_segments.user_id as user_id,
        kept_segments.segment as segment,
        segments.pick as pick,
        kept_segments.segment_value as segment_value,
        kept_segments.decided_at as decided_at,
        kept_segments.decided_by as decided_by
    from {{ kept_segments }} as kept_segments
    inner join segments
        on kept_segments.segment = segments.segment
    inner join users
        on kept_segments.user_id = users.user_id

),

{% endif -%}
joined_spans as (

    select * from valued_spans
    {% if kept_segments -%}
    union all
    select
        user_id,
        segment,
        pick,
        segment_value,
        decided_at as first_at,
        decided_at as last_at
    from kept
    where decided_at is not null
    {%- endif %}

),

spans as (

    select
        user_id,
        segment,
        pick,
        segment_value,
        min(first_at) as first_at,
        max(last_at) as last_at
    from joined_spans
    group by
        user_id,
        segment,
        pick,
        segment_value

),

-- Spans without a value are left out after this, since DuckDB would look for them among the events.
bounded as (

    select
        user_id,
        segment,
        pick,
        segment_value,
        case pick when 'first' then first_at else last_at end as picked_at,
        case pick
            when 'first'
                then min(case when segment_value is not null then first_at end)
                    over (partition by user_id, segment)
            else max(case when segment_value is not null then last_at end)
                over (partition by user_id, segment)
        end as decisive_at
    from spans

),

decisive as (

    select
        user_id,
        segment,
        pick,
        segment_value,
        decisive_at,
        count(*) over (partition by user_id, segment) as candidates
    from bounded
    where
        segment_value is not null
        and picked_at = decisive_at

),

-- Several values at one instant: there the id decides, among all events of that instant. What is
-- kept is found again by its id, as one that is still to come may be of the same instant.
tied as (

    select
        user_id,
        segment,
        pick,
        decisive_at
    from decisive
    {%- if not facts_are_kept() %}
    where candidates > 1
    {%- endif %}
    group by
        user_id,
        segment,
        pick,
        decisive_at

),

tied_events as (

    select
        tied.user_id as user_id,
        tied.segment as segment,
        tied.pick as pick,
        tied.decisive_at as decisive_at,
        {%- for property in properties %}
        {{ property_value('events.properties', text_literal(property)) }} as value_{{ loop.index }},
        {%- endfor %}
        events.event_id as event_id
    from {{ ref('int_arrivals') }} as events
    {{ hashed_join() }} tied
        on
            events.user_id = tied.user_id
            and events.occurred_at = tied.decisive_at
    where coalesce(events.user_id = tied.user_id, false)
    {{ end_of_hashed_join() }}

),

tied_values as (

    select
        tied_events.user_id as user_id,
        tied_events.segment as segment,
        tied_events.pick as pick,
        tied_events.decisive_at as decisive_at,
        tied_events.event_id as event_id,
        {{ segment_value(properties, 'tied_events.value_{}') }} as segment_value
    from tied_events
    inner join segments
        on tied_events.segment = segments.segment
    {%- if kept_segments %}
    union all
    select
        tied.user_id as user_id,
        tied.segment as segment,
        tied.pick as pick,
        tied.decisive_at as decisive_at,
        kept.decided_by as event_id,
        kept.segment_value as segment_value
    from tied
    inner join kept
        on
            tied.user_id = kept.user_id
            and tied.segment = kept.segment
            and tied.decisive_at = kept.decided_at
    {%- endif %}

),

ranked as (

    select
        user_id,
        segment,
        pick,
        decisive_at,
        event_id,
        segment_value,
        row_number() over (
            partition by user_id, segment order by {{ by_id('event_id') }}
        ) = 1 as is_first,
        lead({{ nullable('event_id') }}) over (
            partition by user_id, segment order by {{ by_id('event_id') }}
        ) is null as is_latest
    from tied_values
    where segment_value is not null

),

picked as (

    {% if not facts_are_kept() -%}
    select
        user_id,
        segment,
        segment_value,
        decisive_at,
        cast(null as {{ event_id_type() }}) as event_id
    from decisive
    where candidates = 1
    union all
    {% endif -%}
    select
        user_id,
        segment,
        segment_value,
        decisive_at,
        event_id
    from ranked
    where
        (pick = 'first' and is_first)
        or (pick = 'latest' and is_latest)

),

-- Every user in every segment, by an aggregation and no join: PostgreSQL takes what is picked for a
-- few rows, and would go through them for each user.
found as (

    select
        user_id,
        segment,
        segment_value,
        decisive_at as decided_at,
        cast(event_id as {{ dbt.type_string() }}) as decided_by
    from picked
    union all
    select
        users.user_id as user_id,
        segments.segment as segment,
        cast(null as {{ dbt.type_string() }}) as segment_value,
        cast(null as {{ type_instant() }}) as decided_at,
        cast(null as {{ dbt.type_string() }}) as decided_by
    from users
    cross join segments

),

completed as (

    select
        user_id,
        segment,
        coalesce(max(segment_value), '(none)') as segment_value,
        max(decided_at) as decided_at,
        max(decided_by) as decided_by
    from found
    group by
        user_id,
        segment

)

select
    user_id,
    segment,
    cast(segment_value as {{ dbt.type_string() }}) as segment_value,
    decided_at,
    cast(decided_by as {{ event_id_type() }}) as decided_by
from completed
