{#- A lake (docs/lake.md) is a target of DuckDB with the loader's plugin, which makes the views over it: they leave
    out all but the first row of an id, and repeated_events lists what they leave out. -#}
{% macro duckdb__may_repeat_ids() %}
    {%- set modules_of_plugins = (target.plugins or []) | map(attribute='module') | list -%}
    {{- return('loader.lake.plugin' in modules_of_plugins) -}}
{% endmacro %}


{% macro duckdb__conflicting_ids() -%}
    select distinct event_id
    from {{ event_analytics.as_read(source('event_analytics', 'events')).incorporate(
        path={'identifier': 'repeated_events'}
    ) }}
    where is_conflict
{%- endmacro %}
