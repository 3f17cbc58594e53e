{#- Whether a row of `events` is not after the as_of_date that was set, if one was: by instant, not by date, so that
    the database can skip what lies outside. -#}
{% macro is_up_to_as_of_date(events) -%}
    {%- if not event_analytics.as_of_date() -%}
        {{- return('true') -}}
    {%- endif -%}
    {%- set as_of = "cast('" ~ event_analytics.as_of_date() ~ "' as " ~ event_analytics.type_date() ~ ")" -%}
    {{ events }}.occurred_at < {{ event_analytics.local_midnight(as_of ~ ' + 1') }}
    {%- if event_analytics.database_timezone() != 'UTC' %}
    -- where a clock goes back over midnight, some of the next date comes before the end of this
    and (
        {{ events }}.occurred_at < {{ event_analytics.local_midnight(as_of) }}
        or {{ event_analytics.local_date(events ~ '.occurred_at') }} <= {{ as_of }}
    )
    {%- endif %}
{%- endmacro %}
