{#- Roll-ups: what is kept of the events of each user, or of each delivery, so that a build computes
    again only what the new events touch. The variable rollups says whether anything is kept at all. -#}

{#- Whether roll-ups are kept on this target. -#}
{% macro rollups_are_kept() %}
    {%- set setting = var('rollups') -%}
    {%- set chosen = setting.get(target.name, 'view') if setting is mapping else setting -%}
    {%- if chosen not in ('view', 'incremental') -%}
        {{- exceptions.raise_compiler_error(
            "The variable rollups is '" ~ chosen ~ "'; set it to view or incremental, or for each target "
            ~ "by its name: {duckdb: view, postgres: incremental}."
        ) -}}
    {%- endif -%}
    {%- if chosen == 'incremental' and not (var('event_columns') or {}).get('ingested_at', true) -%}
        {{- exceptions.raise_compiler_error(
            "The variable rollups is incremental, which goes by when each event arrived, but the variable "
            ~ "event_columns says that the events have no ingested_at; name a column that holds it, or set "
            ~ "rollups to view."
        ) -}}
    {%- endif -%}
    {{- return(chosen == 'incremental') -}}
{% endmacro %}


{#- The configuration of a roll-up whose rows follow from the events of one user each, user_id. -#}
{% macro user_rollup() %}
    {{- return(event_analytics.rollup("forget_due('user_id', ref('int_due_users'))")) -}}
{% endmacro %}


{#- The configuration of a roll-up whose rows follow from the events of one bucket of deliveries each. -#}
{% macro delivery_rollup() %}
    {{- return(event_analytics.rollup("forget_due('bucket', ref('int_due_buckets'))")) -}}
{% endmacro %}


{% macro rollup(forget) %}
    {{- return({
        'materialized': 'incremental',
        'incremental_strategy': 'append',
        'on_schema_change': 'fail',
        'pre_hook': [
            '{{ event_analytics.more_memory() }}',
            '{{ event_analytics.' ~ forget ~ ' }}',
        ],
        'post_hook': ['{{ event_analytics.analyze(this) }}'],
    } if event_analytics.rollups_are_kept() else {'materialized': 'view'}) -}}
{% endmacro %}


{#- The configuration of a summary of roll-ups, which each build computes anew. -#}
{% macro rollup_summary() %}
    {{- return({
        'materialized': 'table',
        'pre_hook': ['{{ event_analytics.more_memory() }}'],
        'post_hook': ['{{ event_analytics.analyze(this) }}'],
    } if event_analytics.rollups_are_kept() else {'materialized': 'view'}) -}}
{% endmacro %}


{#- The configuration of a step that the roll-ups share, which is of no use once they are built. -#}
{% macro rollup_step(enabled=true) %}
    {%- set configuration = event_analytics.rollup_summary() -%}
    {#- PostgreSQL need not make safe what the next build computes anew -#}
    {%- do configuration.update(enabled=enabled, unlogged=true) -%}
    {{- return(configuration) -}}
{% endmacro %}


{#- Takes what is computed again out of a roll-up, within the transaction that puts it back. Another
    build at the same time waits for the end of it. -#}
{% macro forget_due(key, due) %}
    {%- if is_incremental() -%}
        {{- event_analytics.lock_for_writing(this) -}}
        delete from {{ this }}
        where {{ key }} in (select due.{{ key }} from {{ due }} as due)
    {%- endif -%}
{% endmacro %}


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
    {%- for name in ('int_event_batches', 'int_due_users', 'int_due_buckets', 'int_due_events') -%}
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


{#- What roll-ups depend on besides events and seeds, as a hash: variables and the SQL of the models. -#}
{% macro rollup_settings() %}
    {%- set parts = [] -%}
    {%- if execute -%}
        {%- for name in ('raw_schema', 'events_table', 'events_model', 'event_columns', 'event_id_type',
            'reporting_timezone', 'week_start', 'activity_events', 'signup_event', 'as_of_date',
            'session_gap_minutes', 'max_path_steps', 'max_funnel_steps') -%}
            {%- do parts.append(name ~ '=' ~ var(name)) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
            {%- if node.package_name == 'event_analytics' and node.resource_type == 'model' -%}
                {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
            {%- endif -%}
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
