{#- Before it, whatever transaction there is ends well: one that has failed would take no statement after it. -#}
{% macro postgres__failing_statement(text) -%}
    {#- dollars that no text has in it -#}
    {%- set quote = '$failing_' ~ local_md5(text) ~ '$' -%}
    commit;
    do {{ quote }}
    begin
        raise exception using message = {{ event_analytics.text_literal(text) }};
    end
    {{ quote }}
{%- endmacro %}
