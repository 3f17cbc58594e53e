{#- ClickHouse has no key that refuses a row. Ids that are there once, which are nearly all, need no order. -#}
{% macro clickhouse__may_repeat_ids() %}
    {{- return(true) -}}
{% endmacro %}


{% macro clickhouse__first_deliveries(table) %}
    {%- set repeated = event_analytics.clickhouse_repeated_ids(table) -%}
    {%- set rows -%}
        (
            select * from {{ table }}
            where isNull(event_id) or event_id not in ({{ repeated }})
            union all
            select * from (
                select * from {{ table }}
                where event_id in ({{ repeated }})
                order by ingested_at
                limit 1 by event_id
            )
        )
    {%- endset -%}
    {{- return(rows) -}}
{% endmacro %}


{#- A query of the ids of which there may be several rows. The loader's own table of ids is ordered by them, so that
    groups are found one after another and none is kept in memory. It has those of dead deliveries, too, whose ids
    only seem to repeat. -#}
{% macro clickhouse_repeated_ids(table) -%}
    {%- set ids = none -%}
    {#- in a unit test the events are a step of the query -#}
    {%- if execute and table.identifier == 'events' -%}
        {%- set ids = adapter.get_relation(table.database, table.schema, 'event_ids') -%}
    {%- endif -%}
    select event_id
    from {{ ids or table }}
    {{ 'where isNotNull(event_id)' if not ids }}
    group by event_id
    having count() > 1
    {{ 'settings optimize_aggregation_in_order = 1' if ids }}
{%- endmacro %}
