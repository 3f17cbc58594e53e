{#- What a build that keeps anything writes down: what is in it by now, and whether the next may go on. -#}

{#- This project's model of that name, as the manifest has it. -#}
{% macro project_model(name) %}
    {#- while dbt still reads the project, there is none -#}
    {{- return(graph.nodes['model.event_analytics.' ~ name] if execute else model) -}}
{% endmacro %}


{#- The relation of a model, by its name. -#}
{% macro model_relation(name) %}
    {%- set node = event_analytics.project_model(name) -%}
    {{- return(event_analytics.portable(
        api.Relation.create(database=node.database or none, schema=node.schema, identifier=node.alias)
    )) -}}
{% endmacro %}


{#- The table of deliveries that are in what is kept, beside int_deliveries. -#}
{% macro kept_deliveries() %}
    {{- return(event_analytics.model_relation('int_deliveries').incorporate(
        path={'identifier': 'kept_deliveries'}
    )) -}}
{% endmacro %}


{#- The table in which the latest build that keeps anything has put its id, whether it goes on from where
    the one before ended (see goes_on), and whether it is through. -#}
{% macro current_build() %}
    {{- return(event_analytics.kept_deliveries().incorporate(path={'identifier': 'current_build'})) -}}
{% endmacro %}


{#- Before anything changes: stops a build that would make anew a part of what is kept. -#}
{% macro require_whole_full_refresh() %}
    {%- if execute and event_analytics.facts_are_kept() and flags.WHICH in ('run', 'build') and flags.FULL_REFRESH -%}
        {%- set selected = event_analytics.selected_refreshed_models() -%}
        {%- if
            selected and event_analytics.left_out_models()
            and not event_analytics.takes_up_what_failed()
        -%}
            {{- exceptions.raise_compiler_error(
                "--full-refresh of some models would leave " ~ selected[0].name ~ " with a part of the users "
                ~ "only; run it without --select and --exclude of models."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Before a build: the tables above. Where something that is kept is gone, or is to be made anew, no delivery
    counts as kept. -#}
{% macro prepare_build() %}
    {%- if execute and event_analytics.facts_are_kept() and flags.WHICH in ('run', 'build') -%}
        {%- set kept_deliveries = event_analytics.kept_deliveries() -%}
        {%- set current_build = event_analytics.current_build() -%}
        {%- set refreshed = event_analytics.refreshed_models() -%}
        {%- set selected = event_analytics.selected_refreshed_models() -%}
        {%- set lost = [] -%}
        {%- for node in refreshed if node.config.materialized != 'step' -%}
            {%- set view = event_analytics.model_relation(node.name) -%}
            {%- for part in (view, event_analytics.kept_table(view)) -%}
                {%- if adapter.get_relation(part.database, part.schema, part.identifier) is none -%}
                    {%- do lost.append(node.name) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do adapter.create_schema(kept_deliveries) -%}
        create table if not exists {{ kept_deliveries }} (
            definitions {{ dbt.type_string() }},
            ingested_at timestamp with time zone,
            events bigint
        );
        create table if not exists {{ current_build }} (
            build_id {{ dbt.type_string() }},
            goes_on boolean,
            is_finished boolean
        );
        {%- for removals in (event_analytics.kept_removals(), event_analytics.current_removals()) %}
        create table if not exists {{ removals }} (
            removal_id uuid
        );
        {%- endfor %}
        {{ event_analytics.prepare_persons() }}
        {%- if event_analytics.keeps() and (lost or (flags.FULL_REFRESH and selected)) %}
        delete from {{ kept_deliveries }};
        {%- endif -%}
        {%- if event_analytics.keeps() and selected %}
        insert into {{ current_build }} (build_id, goes_on, is_finished)
        select
            '{{ invocation_id }}' as build_id,
            {% if lost or selected | length < refreshed | length -%}
            false
            {%- else -%}
            coalesce((select min(case when is_finished then 1 else 0 end) from {{ current_build }}) = 1, false)
            {%- endif %} as goes_on,
            false as is_finished;
        delete from {{ current_build }}
        where build_id <> '{{ invocation_id }}';
        {{ event_analytics.note_removals() }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Whether this is what a build of everything has left undone, as in `dbt retry`: of it there are the steps, and
    they hold all events. -#}
{% macro takes_up_what_failed() %}
    {%- set deliveries = event_analytics.model_relation('int_deliveries') -%}
    {%- set current_build = event_analytics.current_build() -%}
    {%- for part in (deliveries, current_build) -%}
        {%- if adapter.get_relation(part.database, part.schema, part.identifier) is none -%}
            {{- return(false) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- set query -%}
        select 1
        from {{ current_build }}
        where
            not is_finished
            and not exists (select 1 from {{ deliveries }} where not everything_is_due)
    {%- endset -%}
    {{- return(
        event_analytics.project_model('int_deliveries').unique_id not in selected_resources
        and run_query(query).rows | length > 0
    ) -}}
{% endmacro %}


{#- After a build: which deliveries are kept, if all went well. After one that failed, or that was asked for a
    part, all of it is still due; so it is where another build has begun in the meantime. -#}
{% macro finish_build(results) %}
    {%- if event_analytics.keeps() -%}
        {%- set done = results
            | selectattr('status', 'equalto', 'success')
            | map(attribute='node.unique_id') | list -%}
        {%- set left_out = event_analytics.refreshed_models()
            | rejectattr('unique_id', 'in', done) | list -%}
        {%- if not left_out -%}
            {%- set deliveries = event_analytics.model_relation('int_deliveries') -%}
            {%- set kept_deliveries = event_analytics.kept_deliveries() -%}
            {%- set current_build = event_analytics.current_build() -%}
            {{ event_analytics.keep_from_changing(current_build) }}
            delete from {{ kept_deliveries }}
            where '{{ invocation_id }}' in (select build_id from {{ current_build }});
            {#- An event that is ahead of as_of_date is still to be reported, so its delivery stays due. -#}
            {%- set is_ahead -%}
                coalesce(last_event_at >= (
                    select reported_until from {{ event_analytics.model_relation('int_reported_dates') }}
                ), false)
            {%- endset -%}
            {%- if event_analytics.as_of_date() -%}
                {%- set is_ahead = 'false' -%}
            {%- endif -%}
            insert into {{ kept_deliveries }} (definitions, ingested_at, events)
            select
                definitions,
                ingested_at,
                case when not {{ is_ahead }} then events end as events
            from {{ deliveries }}
            where
                '{{ invocation_id }}' in (select build_id from {{ current_build }})
                and (
                    ingested_at >= {{ event_analytics.unsettled_since(
                        '(select max(ingested_at) from ' ~ deliveries ~ ')'
                    ) }}
                    or {{ is_ahead }}
                );
            {{ event_analytics.forget_removals() }}
            {{ event_analytics.note_persons() }}
            update {{ current_build }}
            set is_finished = true
            where build_id = '{{ invocation_id }}'
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The steps that there are only where anything is kept, those first that others read. -#}
{% macro steps_of_refreshes() %}
    {{- return([
        'int_users_due', 'int_deliveries', 'int_touched_users', 'int_touched_sessions', 'int_touched_session_dates',
        'int_touched_retention_users', 'int_touched_funnel_users',
    ]) -}}
{% endmacro %}


{#- After a build of all models that keeps nothing: what one that did has left, and what no model is about. A build
    that was refused at its start has no results. -#}
{% macro give_up_steps(results) %}
    {%- if
        execute
        and results
        and not event_analytics.facts_are_kept()
        and flags.WHICH in ('run', 'build')
        and not event_analytics.left_out_models()
    -%}
        {%- set beside = event_analytics.model_relation('int_arrivals') -%}
        {%- set deliveries = beside.incorporate(path={'identifier': 'int_deliveries'}) -%}
        {%- if load_cached_relation(deliveries) is not none -%}
            {%- for name in event_analytics.steps_of_refreshes() | reverse %}
                {%- set step = beside.incorporate(path={'identifier': name}) %}
                drop view if exists {{ step }};
                drop table if exists {{ event_analytics.kept_table(step) }};
            {%- endfor -%}
            {%- for table in ('kept_deliveries', 'current_build', 'kept_removals', 'current_removals') %}
                drop table if exists {{ beside.incorporate(path={'identifier': table}) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- How a build goes about what is kept; known once int_deliveries is built. everything_is_due: nothing of it is
    of use. nothing_is_due: all of it is up to date. users_are_due: some users are computed anew (removals.sql).
    events_are_gone: some were taken out. goes_on: it is as the build before has left it, so that counts can be
    brought up to date by what changes; not after a build that failed or made a part only, since some of its
    changes may be counted by now. -#}
{% macro build_state() %}
    {%- if 'build_state' in model -%}
        {{- return(model['build_state']) -}}
    {%- endif -%}
    {%- set users_due = event_analytics.model_relation('int_users_due') -%}
    {%- set query -%}
        select
            coalesce(min(case when everything_is_due then 1 else 0 end), 1) as everything_is_due,
            coalesce(min(case when is_due then 0 else 1 end), 1) as nothing_is_due,
            (select count(*) from {{ event_analytics.current_build() }} where goes_on) as goes_on,
            (select count(*) from {{ event_analytics.current_removals() }}) as removals,
            {% if load_cached_relation(users_due) is none -%}
            0 as users
            {%- else -%}
            (select count(*) from {{ users_due }}) as users
            {%- endif %}
        from {{ event_analytics.model_relation('int_deliveries') }}
    {%- endset -%}
    {%- set row = run_query(query).rows[0] -%}
    {%- set everything_is_due = row[0] == 1 -%}
    {#- asked once for each model, and not once for each macro that wants to know -#}
    {%- do model.update(build_state={
        'everything_is_due': everything_is_due,
        'nothing_is_due': row[1] == 1 and row[3] == 0 and row[4] == 0 and not everything_is_due,
        'users_are_due': row[4] > 0,
        'events_are_gone': row[3] > 0,
        'goes_on': row[2] > 0 and not everything_is_due,
    }) -%}
    {{- return(model['build_state']) -}}
{% endmacro %}


{#- Whether this model is one that a build brings up to date: not while dbt reads the project, and not in a unit
    test, which says for itself what there is. -#}
{% macro is_built_on_what_is_kept() %}
    {{- return(
        event_analytics.keeps()
        and model.resource_type == 'model'
        and load_cached_relation(event_analytics.model_relation('int_deliveries')) is not none
    ) -}}
{% endmacro %}


{#- Whether what new events touch takes the place of what is kept; otherwise all of it is computed anew. -#}
{% macro refreshing() %}
    {{- return(
        event_analytics.is_built_on_what_is_kept()
        and not event_analytics.build_state()['everything_is_due']
    ) -}}
{% endmacro %}


{#- Whether counts are brought up to date by what has changed in the facts. -#}
{% macro goes_on() %}
    {{- return(event_analytics.is_built_on_what_is_kept() and event_analytics.build_state()['goes_on']) -}}
{% endmacro %}


{#- Before each model of a build that keeps anything: gives its transaction memory, and stops a build that
    another one has overtaken, which goes by what has arrived since and would be mixed up. The other can
    begin only between two such models, as this transaction keeps it from writing down its id. -#}
{% macro start_step() %}
    {{- return(adapter.dispatch('start_step', 'event_analytics')()) -}}
{% endmacro %}

{#- Where one process at a time may write, nobody can overtake, and the database sees to its memory. -#}
{% macro default__start_step() -%}
    {%- call statement('begin') -%}
        select 1
    {%- endcall -%}
{%- endmacro %}

{% macro postgres__start_step() -%}
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
    {#- What arrived touches few rows of tables that are mostly in memory. By the default, which is for disks
        that turn, PostgreSQL would read whole tables for them, so that refreshes would grow with history. -#}
    {%- if not config.get('meta')['decides'] and event_analytics.refreshing() -%}
        {%- do run_query('set local random_page_cost = 1.1') -%}
    {%- endif -%}
{%- endmacro %}


{#- The instant since when a delivery may still be committed, where the latest one was at latest_at: no
    append may take more than a day. -#}
{% macro unsettled_since(latest_at) -%}
    {{ event_analytics.add_seconds(latest_at, -86400) }}
{%- endmacro %}
