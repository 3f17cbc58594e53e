{#- Series: expressions for a select list that give one row for each of their values, and no row where
    the last value lies before the first. -#}

{#- Each calendar date from first_date to last_date. -#}
{% macro each_date(first_date, last_date) %}
    {{- return(adapter.dispatch('each_date', 'event_analytics')(first_date, last_date)) -}}
{% endmacro %}

{% macro default__each_date(first_date, last_date) %}
    {{- event_analytics.raise_unsupported('each_date') -}}
{% endmacro %}


{#- Each whole number from first_number to last_number, as a bigint. -#}
{% macro each_number(first_number, last_number) %}
    {{- return(adapter.dispatch('each_number', 'event_analytics')(first_number, last_number)) -}}
{% endmacro %}

{% macro default__each_number(first_number, last_number) %}
    {{- event_analytics.raise_unsupported('each_number') -}}
{% endmacro %}
