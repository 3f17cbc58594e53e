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


{#- The configuration of a roll-up into which what is new of the due events is merged: its rows are those
    of a key, and none of them ever goes; where a row of the same key is there, the new one takes its
    place. Merging the same events twice changes nothing. looked_up_by: columns by which a build looks up what is
    kept of few users. -#}
{% macro merged_rollup(key, looked_up_by=none) %}
    {{- return(event_analytics.rollup('forget_obsolete()', key, looked_up_by)) -}}
{% endmacro %}


{#- The configuration of a roll-up whose rows follow from the events of one session each: user_id,
    session_date, and started_at, which is the first instant of the session. -#}
{% macro session_rollup() %}
    {{- return(event_analytics.rollup(
        "forget_due_sessions(ref('int_due_sessions'))", looked_up_by=['user_id', 'session_date']
    )) -}}
{% endmacro %}


{#- The configuration of a roll-up whose rows are those of the best attempt of each user_id at each funnel;
    started_at is the first instant of the attempt. -#}
{% macro funnel_rollup() %}
    {{- return(event_analytics.rollup(
        "forget_due_attempts(ref('int_due_funnel_users'))", ['funnel', 'user_id']
    )) -}}
{% endmacro %}


{#- The configuration of a roll-up whose rows follow from the events of one bucket of deliveries each. -#}
{% macro delivery_rollup() %}
    {{- return(event_analytics.rollup("forget_due('bucket', ref('int_due_buckets'))")) -}}
{% endmacro %}


{#- Summaries and steps are incremental models too, though nothing of them stays: dbt would put a new table
    in the place of another kind, and PostgreSQL drop every view that reads the old one until the views are
    made again. -#}
{% macro rollup(forget, key=none, looked_up_by=none, is_kept=true) %}
    {%- if not event_analytics.rollups_are_kept() -%}
        {{- return({'materialized': 'view'}) -}}
    {%- endif -%}
    {%- set configuration = {
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert' if key else 'append',
        'on_schema_change': 'fail',
        'meta': {'rollup': true},
        'pre_hook': ['{{ event_analytics.start_rollup() }}{{ event_analytics.' ~ forget ~ ' }}'],
        'post_hook': [
            '{{ event_analytics.' ~ ('analyze_changed' if is_kept else 'analyze') ~ '(this) }}'
        ],
    } -%}
    {%- if key -%}
        {%- do configuration.update(unique_key=key) -%}
    {%- endif -%}
    {%- if looked_up_by and target.type == 'postgres' -%}
        {#- where few rows of many are due; DuckDB goes through columns faster than it keeps an index -#}
        {%- do configuration.update(indexes=[{'columns': looked_up_by}]) -%}
    {%- endif -%}
    {{- return(configuration) -}}
{% endmacro %}


{#- The configuration of a summary of roll-ups, which each build computes anew. -#}
{% macro rollup_summary() %}
    {{- return(event_analytics.rollup('forget_everything()', is_kept=false)) -}}
{% endmacro %}


{#- The configuration of a summary of roll-ups that counts rows by a key: a build that goes on from the one
    before writes only the counts that change. -#}
{% macro counted_summary(key) %}
    {{- return(event_analytics.rollup('forget_unless_going_on()', key)) -}}
{% endmacro %}


{#- The configuration of a step that the roll-ups share, which is of no use once they are built.
    reads_all_events: it looks through all events, even in a build that finds few that are due. -#}
{% macro rollup_step(enabled=true, reads_all_events=false) %}
    {%- set configuration = event_analytics.rollup('truncate()', is_kept=false) -%}
    {#- PostgreSQL need not make safe what the next build computes anew -#}
    {%- do configuration.update(enabled=enabled, unlogged=true) -%}
    {%- do configuration.setdefault('meta', {}).update(reads_all_events=reads_all_events) -%}
    {{- return(configuration) -}}
{% endmacro %}
