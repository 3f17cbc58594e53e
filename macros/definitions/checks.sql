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


{#- Warns of event names in definitions that no event has, and of those that an action has, too. Only
    warnings: the first such event may still be to come, and a new event must not stop a build. -#}
{% macro warn_of_unknown_events(references, actions, events) %}
    {%- if execute -%}
        {%- set query -%}
            with event_names as (
                select distinct event_name from {{ events }}
            ),

            -- of an action that is named, the events that it names
            names as (
                select named.reference as event_name
                from {{ references }} as named
                where
                    named.reference not in ('*', '$signup')
                    and named.reference not in (select distinct action from {{ actions }})
                union
                select actions.event_name
                from {{ actions }} as actions
                inner join {{ references }} as named
                    on actions.action = named.reference
            ),

            doubtful as (
                select
                    event_name as name,
                    0 as is_action
                from names
                where
                    event_name not in (select event_name from event_names)
                    and exists (select 1 from event_names)
                union all
                select
                    reference as name,
                    1 as is_action
                from {{ references }}
                where
                    reference in (select distinct action from {{ actions }})
                    and reference in (select event_name from event_names)
            )

            select
                name,
                is_action
            from doubtful
            order by
                is_action,
                name
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- if row[1] == 1 -%}
                {%- do exceptions.warn(
                    "A definition names '" ~ row[0] ~ "', which is an action in seeds/actions.csv and also "
                    ~ "the name of events; the action is meant: rename it to ask for these events."
                ) -%}
            {%- else -%}
                {%- do exceptions.warn(
                    "A definition names the event '" ~ row[0] ~ "', which no event in the events table has; "
                    ~ "check its spelling in seeds/ and dbt_project.yml (or ignore this if it is still to come)."
                ) -%}
            {%- endif -%}
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
