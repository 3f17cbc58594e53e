{#- Spark wants a constant, and computes all of them in one pass through the window. -#}
{% macro spark__lead_by(value, rows, window) -%}
    case {{ rows }}
        {%- for number in range(event_analytics.whole_number('max_funnel_steps', 1)) %}
        when {{ number }} then lead({{ value }}, {{ number }}) over (
            {{ window }}
        )
        {%- endfor %}
    end
{%- endmacro %}
