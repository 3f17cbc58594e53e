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


{#- The table in which the latest build that keeps anything has put its id, whether it goes on from where
    the one before ended (see goes_on), and whether it has rolled up everything. -#}
{% macro current_build() %}
    {{- return(event_analytics.rolled_up_batches().incorporate(path={'identifier': 'current_build'})) -}}
{% endmacro %}


{#- Before a build: the tables of what is rolled up, and by which build. Where a roll-up is gone, or is to
    be made anew, nothing counts as rolled up. -#}
{% macro prepare_rollups() %}
    {%- if execute and event_analytics.rollups_are_kept() and flags.WHICH in ('run', 'build') -%}
        {%- set rolled_up = event_analytics.rolled_up_batches() -%}
        {%- set current_build = event_analytics.current_build() -%}
        {%- set selected = event_analytics.rollup_models()
            | selectattr('unique_id', 'in', selected_resources) | list -%}
        {%- do adapter.create_schema(rolled_up) -%}
        create table if not exists {{ rolled_up }} (
            definitions {{ dbt.type_string() }},
            ingested_at timestamp with time zone,
            events bigint
        );
        create table if not exists {{ current_build }} (build_id {{ dbt.type_string() }});
        {#- an earlier version has made it with the id only #}
        alter table {{ current_build }} add column if not exists goes_on boolean;
        alter table {{ current_build }} add column if not exists is_finished boolean;
        {%- set lost = [] -%}
        {%- for rollup in event_analytics.rollup_models() -%}
            {%- set relation = adapter.get_relation(rollup.database, rollup.schema, rollup.alias) -%}
            {%- if relation is none or relation.type != 'table' -%}
                {%- do lost.append(rollup.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set left_out = event_analytics.project_models()
            | rejectattr('unique_id', 'in', selected_resources) | list -%}
        {%- if flags.FULL_REFRESH and selected and left_out -%}
            {{- exceptions.raise_compiler_error(
                "--full-refresh of some models would leave " ~ selected[0].name ~ " with a part of the users "
                ~ "only; run it without --select and --exclude of models."
            ) -}}
        {%- endif -%}
        {%- if lost or (flags.FULL_REFRESH and selected) %}
        delete from {{ rolled_up }};
        {%- endif -%}
        {%- if selected %}
        insert into {{ current_build }} (build_id, goes_on, is_finished)
        select
            '{{ invocation_id }}' as build_id,
            {% if lost or selected | length < event_analytics.rollup_models() | length -%}
            false
            {%- else -%}
            coalesce((select min(case when is_finished then 1 else 0 end) from {{ current_build }}) = 1, false)
            {%- endif %} as goes_on,
            false as is_finished;
        delete from {{ current_build }}
        where build_id <> '{{ invocation_id }}';
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- All models of this project. -#}
{% macro project_models() %}
    {{- return(
        graph.nodes.values()
        | selectattr('package_name', 'equalto', 'event_analytics')
        | selectattr('resource_type', 'equalto', 'model')
        | list
    ) -}}
{% endmacro %}


{#- The models that are kept. All of them have to succeed before something counts as rolled up. -#}
{% macro rollup_models() %}
    {{- return(
        event_analytics.project_models()
        | selectattr('config.materialized', 'equalto', 'incremental')
        | list
    ) -}}
{% endmacro %}


{#- After a build: what it rolled up, if it did so everywhere. After one that failed, or that was asked
    for a part, all of it is still due; so it is where another build has begun in the meantime. -#}
{% macro remember_rollups(results) %}
    {%- if execute and event_analytics.rollups_are_kept() and flags.WHICH in ('run', 'build') -%}
        {%- set done = results
            | selectattr('status', 'equalto', 'success')
            | map(attribute='node.unique_id') | list -%}
        {%- set left_out = event_analytics.rollup_models()
            | rejectattr('unique_id', 'in', done) | list -%}
        {%- if not left_out -%}
            {%- set batches = event_analytics.project_model('int_event_batches').relation_name -%}
            {%- set rolled_up = event_analytics.rolled_up_batches() -%}
            {%- set current_build = event_analytics.current_build() -%}
            {{ event_analytics.keep_from_changing(current_build) }}
            delete from {{ rolled_up }}
            where '{{ invocation_id }}' in (select build_id from {{ current_build }});
            insert into {{ rolled_up }} (definitions, ingested_at, events)
            select definitions, ingested_at, events
            from {{ batches }}
            where
                '{{ invocation_id }}' in (select build_id from {{ current_build }})
                and ingested_at >= {{ event_analytics.unsettled_since(
                    '(select max(ingested_at) from ' ~ batches ~ ')'
                ) }};
            update {{ current_build }}
            set is_finished = true
            where build_id = '{{ invocation_id }}'
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Whether this build goes on from where the one before ended, so that what is counted can be brought up
    to date by what changes: not after a build that failed or rolled up a part only, since some of its
    changes may be counted by now, and not where everything is due. -#}
{% macro goes_on() %}
    {%- if not execute or not event_analytics.rollups_are_kept() or flags.WHICH not in ('run', 'build') -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set query = 'select count(*) from ' ~ event_analytics.current_build() ~ ' where goes_on' -%}
    {{- return(
        run_query(query).columns[0].values()[0] > 0 and not event_analytics.everything_is_due()
    ) -}}
{% endmacro %}


{#- Before each model of a build that keeps anything: gives its transaction memory, and stops a build that
    another one has overtaken, which goes by what has arrived since and would be mixed up. The other can
    begin only between two such models, as this transaction keeps it from writing down its id. -#}
{% macro start_rollup() %}
    {{- return(adapter.dispatch('start_rollup', 'event_analytics')()) -}}
{% endmacro %}

{#- Where one process at a time may write, nobody can overtake, and the database sees to its memory. -#}
{% macro default__start_rollup() -%}
{%- endmacro %}

{% macro postgres__start_rollup() -%}
    {%- if execute -%}
        {%- set current_build = event_analytics.current_build() -%}
        {%- call statement('current_build', fetch_result=true) -%}
            set local work_mem = '{{ event_analytics.whole_number('rollup_memory_mb', 1) }}MB';
            {{ event_analytics.keep_from_changing(current_build) }}
            select build_id from {{ current_build }}
        {%- endcall -%}
        {%- if load_result('current_build').data | map(attribute=0) | list != [invocation_id] -%}
            {{- exceptions.raise_compiler_error(
                "Another build of these roll-ups began after this one, which stops here; the other does all "
                ~ "of it. Let one build end before the next one begins."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- The instant since when a delivery may still be committed, where the latest one was at latest_at: no
    append may take more than a day. The beginning of an hour, like those of buckets. -#}
{% macro unsettled_since(latest_at) -%}
    (date_trunc('hour', {{ latest_at }} at time zone 'UTC' - interval '1 day') at time zone 'UTC')
{%- endmacro %}
