{#- Whether the database knows the time zone of all dates, and has the rules for it that the reference has: IANA's
    zone data as pytz has it. -#}

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
        event_analytics.instant_literal('1970-01-01 00:00:00+00'), '60 * probed_minute'
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
        since_minute,
        until_minute,
        offset_microseconds,
        {{ event_analytics.each_number(0, 'strides') }} as stride_number
    from spans

),

probes as (

    select
        offset_microseconds,
        least(since_minute + {{ stride }} * stride_number, until_minute - 1) as probed_minute
    from every_stride

),

first_probe as (

    select min(probed_minute) as last_minute
    from probes
    where {{ offset }} <> offset_microseconds

),

numbered_minutes as (

    select
        last_minute,
        {{ event_analytics.each_number(0, stride) }} as minutes_before
    from first_probe
    where last_minute is not null

),

minutes as (

    select last_minute - minutes_before as probed_minute
    from numbered_minutes

)

select
    minutes.probed_minute as probed_minute,
    {{ offset }} as database_microseconds,
    spans.offset_microseconds as offset_microseconds
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
