{#- The events table: which it is, and what its columns are called, where the loader has not made it. -#}

{#- The table that the loader appends to, or what events_table or events_model names in its place. -#}
{% macro raw_events() %}
    {{- return(ref(var('events_model')) if var('events_model') else source('event_analytics', 'events')) -}}
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
