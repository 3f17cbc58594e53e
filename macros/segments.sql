{#- Segments: what events say about them is read once for all, so it is compiled for the properties that the
    seed names when the models are built. -#}

{#- The properties that segments ask for, in order; none where nobody can be asked. segments is
    int_segments. -#}
{% macro segment_properties(segments) %}
    {%- if not event_analytics.can_be_asked(segments) -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set query -%}
        select distinct property
        from {{ segments }}
        where property is not null
        order by property
    {%- endset -%}
    {{- return(run_query(query).columns[0].values() | list) -}}
{% endmacro %}


{#- The text that a row gives to the segment in a row of `segments`: that of the value of its property. values
    is an expression for the value of each of the properties, with {} for its number from 1. -#}
{% macro segment_value(properties, values) -%}
    case
        {%- for property in properties %}
        when segments.property = {{ event_analytics.text_literal(property) }}
            then {{ event_analytics.value_text(values.format(loop.index)) }}
        {%- endfor %}
        when {{ event_analytics.stop_reading('segments', 'segments.segment') }}
            then cast(null as {{ dbt.type_string() }})
    end
{%- endmacro %}
