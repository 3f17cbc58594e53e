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


{#- What a test of int_definition_warnings or int_event_warnings finds. While it runs, the sentences are asked
    for once and become values in its SQL, so that whoever shows them later need not read the events again. -#}
{% macro build_warnings(relation) %}
    {%- set query = 'select message from ' ~ relation ~ ' order by message' -%}
    {%- if execute and flags.WHICH in ('build', 'test') -%}
        {{- event_analytics.text_rows(run_query(query).columns[0].values(), 'message') -}}
    {%- else -%}
        {{- query -}}
    {%- endif -%}
{% endmacro %}


{#- At the end, where people look: each sentence of the tests that call build_warnings. -#}
{% macro show_build_warnings(results) %}
    {%- if execute -%}
        {%- for result in results
            if result.status == 'warn' and result.node.unique_id in (
                'test.event_analytics.definitions_name_events_that_happen',
                'test.event_analytics.events_are_what_reports_are_made_for',
            ) -%}
            {%- for message in run_query(result.node.compiled_code).columns[0].values() -%}
                {%- do exceptions.warn(message) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- Stops a run that has no table of events to read, before every model says so in its own way. -#}
{% macro require_events() %}
    {%- if execute and flags.WHICH in ('run', 'build') and not var('events_model') -%}
        {%- set events = graph.sources.values()
            | selectattr('package_name', 'equalto', 'event_analytics')
            | selectattr('name', 'equalto', 'events') | first -%}
        {%- if adapter.get_relation(events.database, events.schema, events.identifier) is none -%}
            {{- exceptions.raise_compiler_error(
                "There is no table " ~ events.schema ~ "." ~ events.identifier ~ " in the database of target '"
                ~ target.name ~ "'. Create it with `loader init --target " ~ target.name
                ~ (" --org " ~ var('org') if var('org') else "")
                ~ "`, or name your own in the variables raw_schema and events_table."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
