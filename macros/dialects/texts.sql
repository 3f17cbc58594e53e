{#- Texts: what databases call in different ways. -#}

{#- Whether a text has another one in it; null where either is. -#}
{% macro contains_text(text, part) %}
    {{- return(adapter.dispatch('contains_text', 'event_analytics')(text, part)) -}}
{% endmacro %}

{% macro default__contains_text(text, part) -%}
    strpos({{ text }}, {{ part }}) > 0
{%- endmacro %}


{#- The MD5 of a text in UTF-8, as 32 digits of 0 to 9 and a to f. -#}
{% macro md5_text(text) %}
    {{- return(adapter.dispatch('md5_text', 'event_analytics')(text)) -}}
{% endmacro %}

{% macro default__md5_text(text) -%}
    md5({{ text }})
{%- endmacro %}


{#- Texts one after the other, where a null says nothing. Each part is an expression. -#}
{% macro join_texts(parts) %}
    {{- return(adapter.dispatch('join_texts', 'event_analytics')(parts)) -}}
{% endmacro %}

{% macro default__join_texts(parts) -%}
    concat({{ parts | join(', ') }})
{%- endmacro %}


{#- The first characters of a text, not bytes. -#}
{% macro first_characters(text, number) %}
    {{- return(adapter.dispatch('first_characters', 'event_analytics')(text, number)) -}}
{% endmacro %}

{% macro default__first_characters(text, number) -%}
    left({{ text }}, {{ number }})
{%- endmacro %}


{#- Characters of a text from a place on, which is an integer from 1. -#}
{% macro characters_from(text, place, number) %}
    {{- return(adapter.dispatch('characters_from', 'event_analytics')(text, place, number)) -}}
{% endmacro %}

{% macro default__characters_from(text, place, number) -%}
    substr({{ text }}, {{ place }}, {{ number }})
{%- endmacro %}


{#- How many characters a text has. -#}
{% macro number_of_characters(text) %}
    {{- return(adapter.dispatch('number_of_characters', 'event_analytics')(text)) -}}
{% endmacro %}

{% macro default__number_of_characters(text) -%}
    length({{ text }})
{%- endmacro %}


{#- A text without capitals, of any script. -#}
{% macro without_capitals(text) %}
    {{- return(adapter.dispatch('without_capitals', 'event_analytics')(text)) -}}
{% endmacro %}

{% macro default__without_capitals(text) -%}
    lower({{ text }})
{%- endmacro %}
