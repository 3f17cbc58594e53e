{#- Hooks and tests ask by the settings of the session, which profiles.example.yml gives: by others SQL would be
    understood in another way, and a test could find nothing. -#}
{% macro clickhouse__require_any_text() -%}
    {%- set wanted = event_analytics.clickhouse_settings() -%}
    {%- set asked = [] -%}
    {%- for name in wanted -%}
        {%- do asked.append("toString(getSetting('" ~ name ~ "'))") -%}
    {%- endfor -%}
    {%- set found = run_query('select ' ~ asked | join(', ')).rows[0] -%}
    {%- for name, value in wanted.items() -%}
        {%- if found[loop.index0] | lower not in (value | string | lower, 'true' if value == 1 else none) -%}
            {{- exceptions.raise_compiler_error(
                "The sessions of target '" ~ target.name ~ "' have the setting " ~ name ~ " = '" ~ found[loop.index0]
                ~ "'; give it custom_settings with " ~ name ~ ": " ~ value ~ ", and the others that "
                ~ "profiles.example.yml has."
            ) -}}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
