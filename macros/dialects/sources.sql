{#- Before a build: lets the events be read where they lie outside of the database; nothing where a table of it holds
    them. -#}
{% macro show_events() %}
    {%- if execute and not var('events_model') and flags.WHICH in ('run', 'build') -%}
        {{- return(adapter.dispatch('show_events', 'event_analytics')()) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__show_events() -%}
{%- endmacro %}
