{#- Stops the build with one sentence per row of int_definition_errors. Everything that reads a
    definition depends on that model, so nothing is built from a definition that contradicts itself. -#}
{% macro raise_definition_errors(relation) %}
    {%- if execute -%}
        {%- set errors = run_query('select message from ' ~ relation ~ ' order by message') -%}
        {%- if errors.rows | length > 0 -%}
            {{- exceptions.raise_compiler_error(errors.columns[0].values() | join('\n')) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Warns of event names in definitions that no event has. Only a warning: the first such event may
    still be to come. -#}
{% macro warn_of_unknown_events(references, events) %}
    {%- if execute -%}
        {%- set query -%}
            select reference
            from {{ references }}
            where
                reference not in ('*', '$signup')
                and reference not in (select distinct event_name from {{ events }})
                and exists (select 1 from {{ events }})
            order by reference
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do exceptions.warn(
                "A definition names the event '" ~ row[0] ~ "', which no event in the events table has; "
                ~ "check its spelling in seeds/ and dbt_project.yml (or ignore this if it is still to come)."
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
