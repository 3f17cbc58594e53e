{#- What a build writes down of what it has rolled up. -#}

{#- This project's model of that name, as the manifest has it. -#}
{% macro project_model(name) %}
    {#- while dbt still reads the project, there is none -#}
    {{- return(graph.nodes['model.event_analytics.' ~ name] if execute else model) -}}
{% endmacro %}


{#- The table in which builds write down which deliveries are rolled up, beside int_event_batches. -#}
{% macro rolled_up_batches() %}
    {%- set batches = event_analytics.project_model('int_event_batches') -%}
    {{- return(api.Relation.create(
        database=batches.database, schema=batches.schema, identifier='rolled_up_batches'
    )) -}}
{% endmacro %}


{#- Before a build: the table of what is rolled up. Where a roll-up is gone, or is to be made anew,
    nothing counts as rolled up. -#}
{% macro prepare_rollups() %}
    {%- if execute and event_analytics.rollups_are_kept() and flags.WHICH in ('run', 'build') -%}
        {%- set rolled_up = event_analytics.rolled_up_batches() -%}
        {%- do adapter.create_schema(rolled_up) -%}
        create table if not exists {{ rolled_up }} (
            definitions {{ dbt.type_string() }},
            ingested_at timestamp with time zone,
            events bigint
        );
        {%- set lost = [] -%}
        {%- for rollup in event_analytics.rollup_models() -%}
            {%- set relation = adapter.get_relation(rollup.database, rollup.schema, rollup.alias) -%}
            {%- if relation is none or relation.type != 'table' -%}
                {%- do lost.append(rollup.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set left_out = event_analytics.rollup_plan()
            | reject('in', selected_resources) | list -%}
        {%- set refreshed = event_analytics.rollup_models()
            | selectattr('unique_id', 'in', selected_resources) | list -%}
        {%- if flags.FULL_REFRESH and refreshed and left_out -%}
            {{- exceptions.raise_compiler_error(
                "--full-refresh of some models would leave " ~ refreshed[0].name ~ " with a part of the users "
                ~ "only; run it without --select and --exclude of models."
            ) -}}
        {%- endif -%}
        {%- if lost or (flags.FULL_REFRESH and refreshed) %}
        delete from {{ rolled_up }};
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The models that are roll-ups. -#}
{% macro rollup_models() %}
    {{- return(
        graph.nodes.values()
        | selectattr('package_name', 'equalto', 'event_analytics')
        | selectattr('config.materialized', 'equalto', 'incremental')
        | list
    ) -}}
{% endmacro %}


{#- The ids of all models that have to succeed before something counts as rolled up. -#}
{% macro rollup_plan() %}
    {%- set ids = event_analytics.rollup_models() | map(attribute='unique_id') | list -%}
    {%- for name in (
        'int_event_batches',
        'int_due_buckets',
        'int_due_users',
        'int_due_sessions',
        'int_due_funnel_users',
        'int_due_events'
    ) -%}
        {%- do ids.append(event_analytics.project_model(name).unique_id) -%}
    {%- endfor -%}
    {{- return(ids) -}}
{% endmacro %}


{#- After a build: what it rolled up, if it did so everywhere. After one that failed, or that was asked
    for a part, all of it is still due; so it is where another build has begun in the meantime. -#}
{% macro remember_rollups(results) %}
    {%- if execute and event_analytics.rollups_are_kept() and flags.WHICH in ('run', 'build') -%}
        {%- set done = results
            | selectattr('status', 'equalto', 'success')
            | map(attribute='node.unique_id') | list -%}
        {%- if event_analytics.rollup_plan() | reject('in', done) | list | length == 0 -%}
            {%- set batches = event_analytics.project_model('int_event_batches').relation_name -%}
            {%- set rolled_up = event_analytics.rolled_up_batches() -%}
            delete from {{ rolled_up }}
            where exists (select 1 from {{ batches }} where built_by = '{{ invocation_id }}');
            insert into {{ rolled_up }} (definitions, ingested_at, events)
            select definitions, ingested_at, events
            from {{ batches }}
            where
                built_by = '{{ invocation_id }}'
                and ingested_at >= {{ event_analytics.unsettled_since(
                    '(select max(ingested_at) from ' ~ batches ~ ')'
                ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The instant since when a delivery may still be committed, where the latest one was at latest_at: no
    append may take more than a day. The beginning of an hour, like those of buckets. -#}
{% macro unsettled_since(latest_at) -%}
    (date_trunc('hour', {{ latest_at }} at time zone 'UTC' - interval '1 day') at time zone 'UTC')
{%- endmacro %}
