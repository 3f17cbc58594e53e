{{ config(**rollup_step()) }}
{% set kept_segments = kept_rollup('int_user_segments') -%}
{% set properties = segment_properties(ref('int_segments')) -%}
{% set values = [] -%}
{% for property in properties %}{% do values.append('value_' ~ loop.index) %}{% endfor -%}
with events as (

    select * from {{ ref('int_due_events') }}
    where is_due

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
        {{ property_value('properties', property) }} as value_{{ loop.index }},
        {%- endfor %}
        occurred_at
    from events

),

-- Events without a value say nothing, so a user keeps the value that others gave. From when to when
-- a user had which values, for all segments at once: few rows, so that no sort goes through the
-- events, and what is found becomes text only then.
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
        combined_spans.user_id,
        segments.segment,
        segments.pick,
        {{ segment_value(properties, 'combined_spans.value_{}') }} as segment_value,
        combined_spans.first_at,
        combined_spans.last_at
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
        kept_segments.user_id,
        kept_segments.segment,
        segments.pick,
        kept_segments.segment_value,
        kept_segments.decided_at
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

-- several values at one instant: there the id decides, among all events of that instant
tied_users as (

    select distinct
        user_id,
        segment,
        pick,
        decisive_at
    from decisive
    where candidates > 1

),

tied_events as (

    select
        tied_users.user_id,
        tied_users.segment,
        tied_users.pick,
        tied_users.decisive_at,
        {%- for property in properties %}
        {{ property_value('events.properties', property) }} as value_{{ loop.index }},
        {%- endfor %}
        events.event_id
    from {{ ref('int_due_events') }} as events
    {{ hashed_join() }} tied_users
        on
            events.user_id = tied_users.user_id
            and events.occurred_at = tied_users.decisive_at
    where coalesce(events.user_id = tied_users.user_id, false)
    {{ end_of_hashed_join() }}

),

tied_values as (

    select
        tied_events.user_id,
        tied_events.segment,
        tied_events.pick,
        tied_events.decisive_at,
        tied_events.event_id,
        {{ segment_value(properties, 'tied_events.value_{}') }} as segment_value
    from tied_events
    inner join segments
        on tied_events.segment = segments.segment

),

ranked as (

    select
        user_id,
        segment,
        pick,
        decisive_at,
        segment_value,
        row_number() over (partition by user_id, segment order by event_id) = 1 as is_first,
        lead(event_id) over (partition by user_id, segment order by event_id) is null as is_latest
    from tied_values
    where segment_value is not null

),

picked as (

    select
        user_id,
        segment,
        segment_value,
        decisive_at
    from decisive
    where candidates = 1
    union all
    select
        user_id,
        segment,
        segment_value,
        decisive_at
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
        cast(null as {{ dbt.type_string() }}) as kept_value
    from picked
    union all
    select
        users.user_id,
        segments.segment,
        cast(null as {{ dbt.type_string() }}) as segment_value,
        cast(null as timestamp with time zone) as decided_at,
        cast(null as {{ dbt.type_string() }}) as kept_value
    from users
    cross join segments
    {%- if kept_segments %}
    union all
    select
        user_id,
        segment,
        cast(null as {{ dbt.type_string() }}) as segment_value,
        cast(null as timestamp with time zone) as decided_at,
        segment_value as kept_value
    from kept
    {%- endif %}

),

completed as (

    select
        user_id,
        segment,
        coalesce(max(segment_value), '(none)') as segment_value,
        max(decided_at) as decided_at,
        max(kept_value) as kept_value
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
    cast(kept_value as {{ dbt.type_string() }}) as kept_value
from completed
