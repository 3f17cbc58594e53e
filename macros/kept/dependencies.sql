{#- On what it depends, besides the events, whether what is kept is of use. -#}

{#- All of it but the seeds, as a hash: variables and the SQL of the models. -#}
{% macro settings_and_models() %}
    {%- set parts = [] -%}
    {%- if execute -%}
        {%- for name in ('raw_schema', 'events_table', 'events_model', 'event_columns', 'event_id_type',
            'reporting_timezone', 'week_start', 'activity_events', 'signup_event', 'as_of_date',
            'identity', 'max_person_ids', 'session_gap_minutes', 'max_path_steps', 'max_funnel_steps') -%}
            {%- do parts.append(name ~ '=' ~ var(name)) -%}
        {%- endfor -%}
        {%- do parts.append('database_timezone=' ~ event_analytics.database_timezone()) -%}
        {%- for node in event_analytics.project_models() | sort(attribute='unique_id') -%}
            {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(local_md5(parts | join('; '))) -}}
{% endmacro %}


{#- All rows of a small relation as one text, in an order of its own, whatever its columns. -#}
{% macro rows_as_text(relation) -%}
    (
        select
            string_agg(
                cast(every_row as {{ dbt.type_string() }}), '; '
                order by cast(every_row as {{ dbt.type_string() }})
            )
        from {{ relation }} as every_row
    )
{%- endmacro %}


{#- A query of what is kept depends on besides the events, as one hash in the column definitions; seeds are the
    relations of all seeds. -#}
{% macro hash_of_definitions(seeds) -%}
    select
        md5(concat(
            '{{ event_analytics.settings_and_models() }}'
            {%- for seed in seeds %},
            {{ event_analytics.rows_as_text(seed) }}
            {%- endfor %}
        )) as definitions
{%- endmacro %}
