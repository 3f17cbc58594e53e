{#- The events table: which it is, and what its columns are called, where the loader has not made it. -#}

{#- The table that the loader appends to, or what events_table or events_model names in its place. -#}
{% macro raw_events() %}
    {%- do event_analytics.stop_if_refused() -%}
    {%- if var('events_model') -%}
        {{- return(ref(var('events_model'))) -}}
    {%- endif -%}
    {{- return(event_analytics.as_read(source('event_analytics', 'events'))) -}}
{% endmacro %}


{#- The expression for a column of the events table: its own name, or what event_columns says. Where
    that is empty the table has no such column, which only properties and ingested_at may lack. -#}
{% macro event_column(name) %}
    {%- set columns = var('event_columns') or {} -%}
    {%- set names = ['event_id', 'event_name', 'event_time', 'user_id', 'properties', 'ingested_at'] -%}
    {%- set absent = {
        'properties': "cast('{}' as " ~ event_analytics.json_type() ~ ")",
        'ingested_at': 'cast(null as timestamp with time zone)',
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
    {{- return(id_type) -}}
{% endmacro %}


{#- Stops with one sentence where a time of the events is no instant: without a time zone it means another
    one in each session. A table is looked at as a build starts, with all its columns, so that one that is not
    there stops it, too. A model is looked at as stg_events reads it, since the same build may make it: then
    stg_events is the query that does. Neither reads a row. -#}
{% macro require_time_zones(stg_events=none) %}
    {%- set is_due = (stg_events is none) == (not var('events_model')) -%}
    {#- also while dbt reads the project, which so learns what this one reads -#}
    {%- set table = event_analytics.raw_events() if stg_events is none and is_due -%}
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


{#- The name of an expression's type, as the database has it. -#}
{% macro type_name(expression) %}
    {{- return(adapter.dispatch('type_name', 'event_analytics')(expression)) -}}
{% endmacro %}

{% macro default__type_name(expression) %}
    {{- event_analytics.raise_unsupported('type_name') -}}
{% endmacro %}

{% macro postgres__type_name(expression) -%}
    cast(pg_typeof({{ expression }}) as text)
{%- endmacro %}

{% macro duckdb__type_name(expression) -%}
    typeof({{ expression }})
{%- endmacro %}
