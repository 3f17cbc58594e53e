{#- The events table: which it is, and what its columns are called, where the loader has not made it. -#}

{#- The events: the table that the loader appends to, without rows whose id an earlier delivery has brought, or what
    events_table or events_model names in its place. -#}
{% macro raw_events() %}
    {%- set table = event_analytics.all_raw_events() -%}
    {#- of another program's table nobody knows which delivery was the first -#}
    {%- if var('events_model') or var('event_columns') or not event_analytics.may_repeat_ids() -%}
        {{- return(table) -}}
    {%- endif -%}
    {{- return(event_analytics.first_deliveries(table)) -}}
{% endmacro %}


{#- The same with all rows. -#}
{% macro all_raw_events() %}
    {%- do event_analytics.stop_if_refused() -%}
    {%- if var('events_model') -%}
        {{- return(ref(var('events_model'))) -}}
    {%- endif -%}
    {{- return(event_analytics.as_read(source('event_analytics', 'events'))) -}}
{% endmacro %}


{#- Whether more than one delivery may have brought an id: where the loader's table has no key that keeps a later
    one out. What is read of it is then the first, that is the one of the least ingested_at. -#}
{% macro may_repeat_ids() %}
    {{- return(adapter.dispatch('may_repeat_ids', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__may_repeat_ids() %}
    {{- return(false) -}}
{% endmacro %}


{#- The rows of the loader's table without those whose id an earlier delivery has brought. Without an id, as in unit
    tests, all rows stay. -#}
{% macro first_deliveries(table) %}
    {{- return(adapter.dispatch('first_deliveries', 'event_analytics')(table)) -}}
{% endmacro %}

{% macro default__first_deliveries(table) %}
    {{- return(table) -}}
{% endmacro %}


{#- A query of ids, as event_id, under which a later delivery has brought another event. -#}
{% macro conflicting_ids() %}
    {{- return(adapter.dispatch('conflicting_ids', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__conflicting_ids() -%}
    select event_id
    from {{ event_analytics.as_read(source('event_analytics', 'events')) }}
    group by event_id
    having
        count(*) > 1
        and (
            min(event_name) <> max(event_name)
            or min(event_time) <> max(event_time)
            or min(user_id) <> max(user_id)
            or min(properties) <> max(properties)
        )
{%- endmacro %}


{#- The expression for a column of the events table: its own name, or what event_columns says. Where
    that is empty the table has no such column, which only properties and ingested_at may lack. -#}
{% macro event_column(name) %}
    {%- set columns = var('event_columns') or {} -%}
    {%- set names = ['event_id', 'event_name', 'event_time', 'user_id', 'properties', 'ingested_at'] -%}
    {%- set absent = {
        'properties': "cast('{}' as " ~ event_analytics.json_type() ~ ")",
        'ingested_at': 'cast(null as ' ~ event_analytics.type_instant() ~ ')',
    } -%}
    {%- for key, value in columns.items() -%}
        {%- if key not in names -%}
            {{- exceptions.raise_compiler_error(
                "The variable event_columns has the key '" ~ key ~ "', which is no column of an event; "
                ~ "use " ~ names | join(', ') ~ "."
            ) -}}
        {%- elif not value and key not in absent -%}
            {{- exceptions.raise_compiler_error(
                "The variable event_columns says nothing for " ~ key ~ ", which every event has; "
                ~ "name the column that holds it, or remove the key."
            ) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if name not in columns -%}
        {{- return(name) -}}
    {%- elif not columns[name] -%}
        {{- return(absent[name]) -}}
    {%- endif -%}
    {{- return('(' ~ columns[name] ~ ')') -}}
{% endmacro %}


{#- The type of event ids: uuid, or text where some are none. -#}
{% macro event_id_type() %}
    {%- set id_type = var('event_id_type') | string | lower -%}
    {%- if id_type not in ('uuid', 'text') -%}
        {{- exceptions.raise_compiler_error(
            "The variable event_id_type is '" ~ id_type ~ "'; set it to uuid, or to text for ids of any "
            ~ "other kind."
        ) -}}
    {%- endif -%}
    {{- return(event_analytics.column_type(id_type)) -}}
{% endmacro %}


{#- Stops with one sentence where a time of the events is no instant: without a time zone it means another
    one in each session. A table is looked at as a build starts, with all its columns, so that one that is not
    there stops it, too. A model is looked at as stg_events reads it, since the same build may make it: then
    stg_events is the query that does. Neither reads a row. -#}
{% macro require_time_zones(stg_events=none) %}
    {%- set is_due = (stg_events is none) == (not var('events_model')) -%}
    {#- also while dbt reads the project, which so learns what this one reads -#}
    {%- set table = event_analytics.all_raw_events() if stg_events is none and is_due -%}
    {%- if execute and is_due and flags.WHICH in ('run', 'build') -%}
        {%- set columns = {'event_time': 'occurred_at', 'ingested_at': 'ingested_at'} -%}
        {%- set names = columns.keys() | list -%}
        {%- if table -%}
            {%- set names = names + ['event_id', 'event_name', 'user_id', 'properties'] -%}
        {%- endif -%}
        {%- set types = [] -%}
        {%- for name in names -%}
            {%- do types.append(event_analytics.type_name(
                '(select ' ~ (event_analytics.event_column(name) if table else columns[name])
                ~ ' from ' ~ (table or '(' ~ stg_events ~ ') as events') ~ ' limit 0)'
            ) ~ ' as ' ~ name) -%}
        {%- endfor -%}
        {%- set found = run_query('select ' ~ types | join(', ')).rows[0] -%}
        {%- for name in columns if found[name] | lower != 'timestamp with time zone' -%}
            {%- set given = (var('event_columns') or {}).get(name, name) -%}
            {%- set is_timestamp = (found[name] | lower).startswith('timestamp') -%}
            {{- exceptions.raise_compiler_error(
                "The events' " ~ name ~ " (" ~ given ~ ") is a "
                ~ ('timestamp without time zone' if is_timestamp else found[name] | lower)
                ~ ", which means another instant in each session; say whose time it is in the variable "
                ~ "event_columns, such as " ~ name ~ ": "
                ~ (given if is_timestamp else 'cast(' ~ given ~ ' as timestamp)') ~ " at time zone 'UTC'."
            ) -}}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
