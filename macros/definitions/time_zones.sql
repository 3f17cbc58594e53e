{#- The time zone of all dates: which names may be written, and under which the database is asked. Names are those
    of IANA's zone data as pytz has them, which comes with dbt, so that what is accepted does not depend on the
    database. -#}

{#- The variable reporting_timezone, a name that IANA's data has. It stops dbt while it reads the project, so
    that nothing takes effect with a name that is wrong. -#}
{% macro reporting_timezone() %}
    {%- set zone = var('reporting_timezone') | string -%}
    {%- set problem = event_analytics.timezone_problem(zone) -%}
    {%- if problem is not none -%}
        {{- exceptions.raise_compiler_error(problem) -}}
    {%- endif -%}
    {{- return(zone) -}}
{% endmacro %}


{#- What is wrong with a value of reporting_timezone, as a sentence that says what to do; none if nothing is. No
    database is asked. Since the name becomes part of the SQL, nothing but a name may pass. -#}
{% macro timezone_problem(zone) %}
    {%- if zone in modules.pytz.all_timezones_set -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set start = "The variable reporting_timezone is '" ~ zone ~ "', which is " -%}
    {%- set offset = modules.re.match(
        '(?i)^(?:Etc/)?(?:UTC|GMT)? ?[+-]? ?([0-9]{1,2})(?::?([0-9]{2}))?$', zone | trim
    ) -%}
    {%- if offset -%}
        {%- set hours = offset.group(1) | int -%}
        {%- if (offset.group(2) or '00') == '00' and 1 <= hours <= 12 -%}
            {{- return(
                start ~ "an offset, and these are read in two ways; write Etc/GMT-" ~ hours ~ " for " ~ hours
                ~ " hours ahead of UTC, Etc/GMT+" ~ hours ~ " for " ~ hours ~ " hours behind it, or the name "
                ~ "of a place, such as Europe/Berlin."
            ) -}}
        {%- endif -%}
        {{- return(
            start ~ "an offset and no time zone name; write the name of a place that has it, such as "
            ~ "Asia/Kolkata for 5:30 hours ahead of UTC."
        ) -}}
    {%- endif -%}
    {%- set closest = event_analytics.closest_timezone(zone) -%}
    {{- return(
        start ~ "none of IANA's time zone names (in pytz); "
        ~ ("write '" ~ closest ~ "' if that is meant." if closest is not none
            else "set it to one, such as UTC or Europe/Berlin.")
    ) -}}
{% endmacro %}


{#- The name that is most like a text: the same but for capitals and blanks, the place alone, or the one with which
    it has most pairs of characters in common; none if it has hardly any, or is as short as an abbreviation, which
    several zones share. -#}
{% macro closest_timezone(text) %}
    {%- set wanted = text | trim | lower | replace(' ', '_') -%}
    {%- set wanted_pairs = event_analytics.character_pairs(wanted) -%}
    {%- set best = namespace(name=none, likeness=0.6) -%}
    {%- for name in modules.pytz.all_timezones -%}
        {%- if name | lower == wanted -%}
            {{- return(name) -}}
        {%- elif (name | lower).split('/') | last == wanted -%}
            {%- set best.name = name -%}
            {%- set best.likeness = 1 -%}
        {%- elif wanted | length > 4 -%}
            {%- for spelling in (name | lower, (name | lower).split('/') | last) -%}
                {%- set pairs = event_analytics.character_pairs(spelling) -%}
                {%- set in_common = pairs | select('in', wanted_pairs) | list | length -%}
                {%- set likeness = 2 * in_common / (pairs | length + wanted_pairs | length) -%}
                {%- if likeness > best.likeness -%}
                    {%- set best.name = name -%}
                    {%- set best.likeness = likeness -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(best.name) -}}
{% endmacro %}


{#- The different pairs of characters side by side in a text, its ends included. -#}
{% macro character_pairs(text) %}
    {%- set padded = ' ' ~ text ~ ' ' -%}
    {%- set pairs = [] -%}
    {%- for place in range(padded | length - 1) -%}
        {%- do pairs.append(padded[place:place + 2]) -%}
    {%- endfor -%}
    {{- return(pairs | unique(case_sensitive=true) | list) -}}
{% endmacro %}


{#- The name under which the database is asked for a zone. PostgreSQL takes some names for abbreviations first, of
    which its setting timezone_abbreviations has a list: CET is an hour ahead of UTC all year then, and EST may be
    Australian. For each of these there is another name with the same rules, as IANA links them. All names of UTC
    are one, which costs less than a zone. -#}
{% macro database_timezone(zone=none) %}
    {%- set zone = event_analytics.reporting_timezone() if zone is none else zone -%}
    {%- set same_rules = {
        'CET': 'Europe/Brussels',
        'MET': 'Europe/Brussels',
        'EET': 'Europe/Athens',
        'WET': 'Europe/Lisbon',
        'EST': 'America/Panama',
        'MST': 'America/Phoenix',
        'HST': 'Pacific/Honolulu',
    } -%}
    {%- set names_of_utc = [
        'UTC', 'UCT', 'Universal', 'Zulu', 'GMT', 'GMT0', 'GMT+0', 'GMT-0', 'Greenwich',
    ] -%}
    {%- if zone.removeprefix('Etc/') in names_of_utc -%}
        {{- return('UTC') -}}
    {%- endif -%}
    {{- return(same_rules.get(zone, zone)) -}}
{% endmacro %}
