{% materialization view, adapter='postgres' %}
    {{ return(event_analytics.materialization_view_postgres()) }}
{% endmaterialization %}

{% macro postgres__drop_view(relation) %}
    {{ return(event_analytics.postgres__drop_view(relation)) }}
{% endmacro %}

{% macro postgres__drop_table(relation) %}
    {{ return(event_analytics.postgres__drop_table(relation)) }}
{% endmacro %}
