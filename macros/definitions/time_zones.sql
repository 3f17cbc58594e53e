{#- The time zone of all dates: which names may be written, under which the database is asked, and whether its
    rules are those of the reference, which is IANA's zone data as pytz has it. pytz comes with dbt, so what is
    accepted, and what it means, does not depend on the database. -#}

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


{#- Before a build: stops it where the database does not know the zone, and warns where it has other rules for it
    than the reference. That is no error: the views agree with each other all the same, the reference may be the
    older of the two, and new zone data may be for others to install. -#}
{% macro require_reporting_timezone() %}
    {%- set zone = event_analytics.reporting_timezone() -%}
    {%- set asked = event_analytics.database_timezone(zone) -%}
    {%- if execute and flags.WHICH in ('run', 'build') and asked != 'UTC' -%}
        {%- set problem = event_analytics.unknown_timezone_problem(zone, asked)
            or event_analytics.timezone_difference_problem(zone, asked) -%}
        {%- if problem and problem.is_error -%}
            {{- exceptions.raise_compiler_error(problem.sentence) -}}
        {%- elif problem -%}
            {%- do exceptions.warn(problem.sentence) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- That the database lacks a zone, asked for under the second name; none if it has it. -#}
{% macro unknown_timezone_problem(zone, asked) %}
    {%- set known = run_query(
        'select 1 from ' ~ event_analytics.known_timezones() ~ " where name = '" ~ asked ~ "'"
    ) -%}
    {%- if known.rows | length > 0 -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return({'is_error': true, 'sentence':
        "The variable reporting_timezone is '" ~ zone ~ "', which the database's zone data do not have"
        ~ (" (as '" ~ asked ~ "')" if asked != zone else "") ~ "; "
        ~ event_analytics.how_to_update_zones() ~ ", or choose another zone with the same clock."
    }) -}}
{% endmacro %}


{#- That the database has other rules for a zone than the reference, within the time that events may be of: from
    2000 on, where the loader's contract begins, until a year ahead. None if it has the same. -#}
{% macro timezone_difference_problem(zone, asked) %}
    {%- set difference = event_analytics.timezone_difference(zone, asked) -%}
    {%- if difference is none -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return({'is_error': false, 'sentence':
        "The variable reporting_timezone is '" ~ zone ~ "', for which the database has other rules than IANA's "
        ~ "data in pytz: since " ~ difference.since ~ " UTC its clocks are "
        ~ event_analytics.offset_text(difference.database) ~ ", those of pytz "
        ~ event_analytics.offset_text(difference.reference) ~ ". Where the database is wrong, so are the dates "
        ~ "of events near midnight; " ~ event_analytics.how_to_update_zones()
        ~ ", or pytz if that is the older one (pip install -U pytz)."
    }) -}}
{% endmacro %}


{#- The first instant, to the minute, at which the database's clocks for `asked` differ from the reference's for
    `zone`, with both offsets in minutes; none if they do not. -#}
{% macro timezone_difference(zone, asked, first=none, last=none) %}
    {%- set spans = event_analytics.timezone_spans(
        zone,
        first or modules.datetime.datetime(2000, 1, 1),
        last or event_analytics.last_checked_instant()
    ) -%}
    {%- set found = run_query(event_analytics.timezone_differences(spans, asked)).rows -%}
    {%- if found | length == 0 -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set since = modules.datetime.datetime(1970, 1, 1)
        + modules.datetime.timedelta(minutes=found[0][0] | int) -%}
    {{- return({
        'since': since.strftime('%Y-%m-%d %H:%M'),
        'database': (found[0][1] | int) // 60000000,
        'reference': (found[0][2] | int) // 60000000,
    }) -}}
{% endmacro %}


{#- A year from now, and no later than the reference, which ends with 2037. -#}
{% macro last_checked_instant() %}
    {%- set now = run_started_at.replace(tzinfo=none, second=0, microsecond=0) -%}
    {{- return([
        now + modules.datetime.timedelta(days=365), modules.datetime.datetime(2037, 1, 1)
    ] | min) -}}
{% endmacro %}


{#- Minutes within which no zone has changed its clock twice: looking so often finds every change. -#}
{% macro timezone_stride() %}
    {{- return(6 * 24 * 60) -}}
{% endmacro %}


{#- What the reference says of a zone between two instants: spans of the same offset, each with its first minute
    and the one after its last, counted from 1970, and minutes ahead of UTC. -#}
{% macro timezone_spans(zone, first, last) %}
    {%- set rules = modules.pytz.timezone(zone) -%}
    {%- set epoch = modules.datetime.datetime(1970, 1, 1) -%}
    {%- set minute = modules.datetime.timedelta(minutes=1) -%}
    {%- set stride = event_analytics.timezone_stride() -%}
    {%- set first_minute = (first - epoch) // minute -%}
    {%- set last_minute = (last - epoch) // minute -%}
    {%- set spans = [] -%}
    {#- pytz has one object for all times of an offset and its name -#}
    {%- set span = namespace(since=first_minute, clock=rules.fromutc(first).tzinfo) -%}
    {%- for at in range(first_minute + stride, last_minute + stride, stride) -%}
        {%- set clock = rules.fromutc(epoch + at * minute).tzinfo -%}
        {%- if clock != span.clock -%}
            {%- set change = namespace(after=at - stride, by=at) -%}
            {#- 2 to the power of 14 is more than its minutes -#}
            {%- for halving in range(14) -%}
                {%- set middle = (change.after + change.by) // 2 -%}
                {%- if rules.fromutc(epoch + middle * minute).tzinfo == span.clock -%}
                    {%- set change.after = middle -%}
                {%- else -%}
                    {%- set change.by = middle -%}
                {%- endif -%}
            {%- endfor -%}
            {%- set offset = rules.fromutc(epoch + change.after * minute).utcoffset() // minute -%}
            {%- do spans.append([span.since, change.by, offset]) -%}
            {%- set span.since = change.by -%}
            {%- set span.clock = clock -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set offset = rules.fromutc(epoch + span.since * minute).utcoffset() // minute -%}
    {%- do spans.append([span.since, [last_minute, span.since + 1] | max, offset]) -%}
    {{- return(spans) -}}
{% endmacro %}


{#- A query for the first minute, counted from 1970, at which the database's clocks differ from spans, with its
    offset and theirs in microseconds; no row if they do not. It looks at both ends of each span and often between,
    and where it finds a difference at each minute before. -#}
{% macro timezone_differences(spans, asked) %}
    {%- set stride = event_analytics.timezone_stride() -%}
    {%- set instant = event_analytics.add_seconds(
        "cast('1970-01-01 00:00:00+00' as timestamp with time zone)", '60 * probed_minute'
    ) -%}
    {%- set offset = event_analytics.microseconds_between(
        event_analytics.local_time(instant, 'UTC'), event_analytics.local_time(instant, asked)
    ) -%}
with spans as (

    select
        since_minute,
        until_minute,
        strides,
        offset_microseconds
    from (
        values
        {%- for since, until, minutes in spans %}
            ({{ since }}, {{ until }}, {{ (until - since) // stride + 1 }}, {{ minutes * 60000000 }})
            {{- ',' if not loop.last }}
        {%- endfor %}
    ) as given (since_minute, until_minute, strides, offset_microseconds)

),

every_stride as (

    select
        until_minute,
        offset_microseconds,
        since_minute + {{ stride }} * {{ event_analytics.each_number(0, 'strides') }} as next_minute
    from spans

),

probes as (

    select
        offset_microseconds,
        least(next_minute, until_minute - 1) as probed_minute
    from every_stride

),

first_probe as (

    select min(probed_minute) as last_minute
    from probes
    where {{ offset }} <> offset_microseconds

),

minutes as (

    select last_minute - {{ event_analytics.each_number(0, stride) }} as probed_minute
    from first_probe
    where last_minute is not null

)

select
    minutes.probed_minute,
    {{ offset }} as database_microseconds,
    spans.offset_microseconds
from minutes
inner join spans
    on
        minutes.probed_minute >= spans.since_minute
        and minutes.probed_minute < spans.until_minute
where {{ offset }} <> spans.offset_microseconds
order by minutes.probed_minute
limit 1
{% endmacro %}


{#- Minutes ahead of UTC in words. -#}
{% macro offset_text(minutes) %}
    {%- set clock = '%d:%02d' | format((minutes | abs) // 60, (minutes | abs) % 60) -%}
    {{- return(
        'at UTC' if minutes == 0 else clock ~ ' hours ' ~ ('ahead of' if minutes > 0 else 'behind') ~ ' UTC'
    ) -}}
{% endmacro %}
