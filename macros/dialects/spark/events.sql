{#- A lake's files hold all that was delivered. Only ids are compared with one another, not whole rows. -#}
{% macro spark__may_repeat_ids() %}
    {{- return(true) -}}
{% endmacro %}


{% macro spark__first_deliveries(table) %}
    {%- set repeated -%}
        select event_id, min(ingested_at) as first_at from {{ table }}
        where event_id is not null group by event_id having count(*) > 1
    {%- endset -%}
    {%- set rows -%}
        (
            select events.* from {{ table }} as events
            left anti join ({{ repeated }}) as repeated
                on events.event_id = repeated.event_id and events.ingested_at > repeated.first_at
        )
    {%- endset -%}
    {{- return(rows) -}}
{% endmacro %}
