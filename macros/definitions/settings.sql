{#- The project's variables, read and checked in one place; the time zone is in time_zones.sql. -#}

{#- Days by which weeks start after Sunday: 1 for Monday, 0 for Sunday. -#}
{% macro week_start_offset() %}
    {%- set week_start = var('week_start') | string | lower -%}
    {%- if week_start not in ('monday', 'sunday') -%}
        {{- exceptions.raise_compiler_error(
            "The variable week_start is '" ~ week_start ~ "'; set it to monday or sunday."
        ) -}}
    {%- endif -%}
    {{- return(1 if week_start == 'monday' else 0) -}}
{% endmacro %}


{#- The as_of_date that was set, as a string YYYY-MM-DD, or none. -#}
{% macro as_of_date() %}
    {%- set as_of = var('as_of_date') | string -%}
    {%- if as_of in ('', 'None') -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set written = modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', as_of) -%}
    {#- a date that does not exist is not the date that it was asked for -#}
    {%- if not written or not event_analytics.is_date(
        as_of[:4] | int, as_of[5:7] | int, as_of[8:] | int
    ) -%}
        {{- exceptions.raise_compiler_error(
            "The variable as_of_date is '" ~ as_of ~ "'; write it as YYYY-MM-DD, or leave it empty "
            ~ "for the date of the latest event."
        ) -}}
    {%- endif -%}
    {{- return(as_of) -}}
{% endmacro %}


{#- Whether a year, month and day make a date. -#}
{% macro is_date(year, month, day) %}
    {%- set leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {{- return(
        year >= 1 and 1 <= month and month <= 12 and 1 <= day and day <= lengths[month - 1]
    ) -}}
{% endmacro %}


{#- A variable that must be a whole number of at least `least`. -#}
{% macro whole_number(name, least) %}
    {%- set value = var(name) | string -%}
    {%- if not modules.re.match('^[0-9]+$', value) or value | int < least -%}
        {{- exceptions.raise_compiler_error(
            "The variable " ~ name ~ " is '" ~ value ~ "'; set it to a whole number of at least "
            ~ least ~ "."
        ) -}}
    {%- endif -%}
    {{- return(value | int) -}}
{% endmacro %}


{#- The variable activity_events as a list of texts; one name alone may be given as text. -#}
{% macro activity_events() %}
    {%- set given = var('activity_events') or [] -%}
    {%- set names = [] -%}
    {%- for name in ([given] if given is string or given is mapping or given is not iterable else given) -%}
        {%- do names.append(event_analytics.event_named_in('activity_events', name)) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{#- The variable signup_event as text, empty when a user's first event is the signup. -#}
{% macro signup_event() %}
    {%- set given = var('signup_event') -%}
    {{- return('' if given in (none, '') else event_analytics.event_named_in('signup_event', given)) -}}
{% endmacro %}


{#- What a variable names as an event or action, as text. -#}
{% macro event_named_in(variable, name) %}
    {%- if name is none or name is mapping or name is boolean or name == ''
        or (name is iterable and name is not string) -%}
        {{- exceptions.raise_compiler_error(
            "The variable " ~ variable ~ " has '" ~ name ~ "' where the name of an event or action belongs; "
            ~ "write that name as a text in quotes"
            ~ (", or a list of such names." if variable == 'activity_events' else ".")
        ) -}}
    {%- endif -%}
    {{- return(name | string) -}}
{% endmacro %}
