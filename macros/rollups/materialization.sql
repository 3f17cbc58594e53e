{#- dbt's incremental materialization, less what a refresh need not do: writing the same comments again,
    comparing columns of definitions that have not changed, and temporary tables. It would take most of the
    time where few events are new. All else is left to dbt: making a table, --full-refresh, `dbt build`, and
    models that are no roll-ups. In a project that uses this one as a package, dbt takes its own throughout,
    unless that project says otherwise (docs/rollups.md). -#}

{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if event_analytics.only_rows_are_due() -%}
        {{- return(event_analytics.refresh_rollup()) -}}
    {%- endif -%}
    {{- return(dbt.materialization_incremental_duckdb()) -}}
{% endmaterialization %}


{% materialization incremental, adapter='postgres' %}
    {%- if event_analytics.only_rows_are_due() -%}
        {{- return(event_analytics.refresh_rollup()) -}}
    {%- endif -%}
    {{- return(dbt.materialization_incremental_default()) -}}
{% endmaterialization %}


{#- Whether this is a roll-up that is there, in a command that leaves descriptions and tests to `dbt build`. -#}
{% macro only_rows_are_due() %}
    {{- return(flags.WHICH == 'run' and config.get('meta', {}).get('rollup') and is_incremental()) -}}
{% endmacro %}


{#- Puts the rows of a roll-up into its table, between its hooks, of which the first takes out what is due. -#}
{% macro refresh_rollup() %}
    {{- run_hooks(pre_hooks) -}}
    {%- set columns = model.columns.values() | list -%}
    {%- set names = get_quoted_csv(columns | map(attribute='name')) -%}
    {%- set key = config.get('unique_key') -%}
    {%- set same_columns = event_analytics.definitions_are_the_same() -%}
    {%- set computed = make_temp_relation(this) -%}
    {%- set computed_apart = key or not same_columns
        or (config.get('meta')['reads_all_events'] and event_analytics.insert_has_one_worker()) -%}
    {%- if computed_apart -%}
        {%- do run_query(create_table_as(true, computed, compiled_code)) -%}
    {%- endif -%}
    {%- if not same_columns -%}
        {%- do process_schema_changes(config.get('on_schema_change'), computed, this) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {%- if key -%}
            {{ get_delete_insert_merge_sql(this, computed, key, columns, none) }}
        {%- elif computed_apart -%}
            {{ get_insert_into_sql(this, computed, columns) }}
        {%- else -%}
            insert into {{ this }} ({{ names }})
            select {{ names }} from (
                {{ compiled_code }}
            ) as computed
        {%- endif -%}
    {%- endcall -%}
    {{- run_hooks(post_hooks) -}}
    {%- do adapter.commit() -%}
    {{- return({'relations': [this]}) -}}
{% endmacro %}


{#- Whether all that is kept was made by the definitions of this run, as its first model has found. -#}
{% macro definitions_are_the_same() %}
    {%- set batches = event_analytics.project_model('int_event_batches') -%}
    {%- if model.unique_id == batches.unique_id or batches.unique_id not in selected_resources -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(not event_analytics.everything_is_due()) -}}
{% endmacro %}
