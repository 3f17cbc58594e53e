{#- Whether the database has several workers for a query that makes a table, and one for an insert. -#}
{% macro insert_has_one_worker() %}
    {{- return(adapter.dispatch('insert_has_one_worker', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__insert_has_one_worker() %}
    {{- return(false) -}}
{% endmacro %}

{% macro postgres__insert_has_one_worker() %}
    {{- return(true) -}}
{% endmacro %}
