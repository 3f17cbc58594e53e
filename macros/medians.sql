{#- Medians that can be kept up to date. A median is no sum, but how many values lie in which bin is one. From these
    counts follows in which bin of its group the median lies, and only the values of that bin are sorted: it is the
    same to the last digit, however wide the bins are. -#}

{#- The median of a column within a group; of an even number, the mean of the middle two. -#}
{% macro median(expression) -%}
    {{- return(adapter.dispatch('median', 'event_analytics')(expression)) -}}
{%- endmacro %}

{% macro default__median(expression) -%}
    percentile_cont(0.5) within group (order by {{ expression }})
{%- endmacro %}


{#- The number of the bin in which a time lies, from 0; null without a time. Of two times the longer one is in the
    same bin or in a later one. Bins are a few per cent wide from a second on, and a month has 800 of them. All of
    it is rounded in the same way everywhere (IEEE 754), unlike a logarithm. -#}
{% macro time_bin(microseconds) -%}
    cast(floor(20 * sqrt(sqrt(cast({{ microseconds }} as {{ event_analytics.type_double() }}) / 1000000))) as integer)
{%- endmacro %}


{#- A count by time_bin: what is kept of it or, where nothing is kept, the same of `rows`, a step of the query that
    asks, so that the fact need not be computed twice. -#}
{% macro counted_by_bin(kept, rows, key, number, sums) -%}
    {{ event_analytics.kept_count(kept, event_analytics.count_by_bin(rows, key, number, sums, weight='1')) }}
{%- endmacro %}


{#- A count: what is kept of it or, where nothing is kept, the same by a query of a step of the model that asks. -#}
{% macro kept_count(kept, query) -%}
    {{ 'select * from ' ~ kept if event_analytics.facts_are_stored() else query }}
{%- endmacro %}


{#- How many rows of each group have microseconds in which bin, and sums of some columns of theirs; -1 is the bin of
    those without a time, as keys are compared. weight: how often a row counts. -#}
{% macro count_by_bin(rows, key, number, sums, weight='weight') -%}
    {%- set bin -%} coalesce({{ event_analytics.time_bin('microseconds') }}, -1) {%- endset -%}
    select
        {%- for column in key %}
        {{ column }},
        {%- endfor %}
        {{ bin }} as time_bin,
        cast(sum({{ weight }}) as bigint) as {{ number }}
        {%- for name, column in sums.items() %},
        cast(sum({{ weight }} * coalesce({{ column }}, 0)) as decimal(38, 0)) as {{ name }}
        {%- endfor %}
    from {{ rows }}
    group by
        {%- for column in key %}
        {{ column }},
        {%- endfor %}
        {{ bin }}
{%- endmacro %}


{#- For each group: the number of its rows, sums and the median of microseconds of those that have any. counts is a
    count by bin, and rows are the rows that it counts, or at least those in the middle bins. -#}
{% macro medians(counts, rows, key, number, sums) -%}
    {%- set by = key | join(', ') -%}
    select
        {%- for column in key %}
        counted.{{ column }} as {{ column }},
        {%- endfor %}
        counted.{{ number }} as {{ number }},
        {%- for name in sums %}
        counted.{{ name }} as {{ name }},
        {%- endfor %}
        middle.median_microseconds as median_microseconds
    from (
        select
            {%- for column in key %}
            {{ column }},
            {%- endfor %}
            {%- for name in sums %}
            sum(case when time_bin >= 0 then {{ name }} end) as {{ name }},
            {%- endfor %}
            cast(sum({{ number }}) as bigint) as {{ number }}
        from {{ counts }}
        group by {{ by }}
    ) as counted
    left join (
        select
            {%- for column in key %}
            {{ column }},
            {%- endfor %}
            {{ event_analytics.median('microseconds') }} as median_microseconds
        from (
            select
                {%- for column in key %}
                middle_bins.{{ column }} as {{ column }},
                {%- endfor %}
                one_row.microseconds as microseconds,
                middle_bins.all_values as all_values,
                middle_bins.values_before + row_number() over (
                    partition by {% for column in key %}middle_bins.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                    order by one_row.microseconds
                ) as place
            from {{ rows }} as one_row
            {{ event_analytics.hashed_join() }} (
                {{ event_analytics.middle_bins(counts, key, number) }}
            ) as middle_bins
                on {{ event_analytics.same_key('one_row', 'middle_bins', key) }}
            where coalesce(
                {{ event_analytics.time_bin('one_row.microseconds') }}
                between middle_bins.first_bin and middle_bins.last_bin,
                false
            )
            {{ event_analytics.end_of_hashed_join() }}
        ) as placed
        where 2 * place between all_values and all_values + 2
        group by {{ by }}
    ) as middle
        on {{ event_analytics.same_key('counted', 'middle', key) }}
{%- endmacro %}


{#- The bins that hold the middle value of each group, or the middle two: its first and last such bin, how many values
    lie before them, and how many there are. -#}
{% macro middle_bins(counts, key, number) -%}
    {%- set by = key | join(', ') -%}
    select
        {{ by }},
        min(time_bin) as first_bin,
        max(time_bin) as last_bin,
        min(values_before) as values_before,
        max(all_values) as all_values
    from (
        select
            {{ by }},
            time_bin,
            {{ number }} as bin_values,
            sum({{ number }}) over (partition by {{ by }} order by time_bin) - {{ number }} as values_before,
            sum({{ number }}) over (partition by {{ by }}) as all_values
        from {{ counts }}
        where time_bin >= 0
    ) as placed_bins
    where
        2 * values_before <= all_values
        and 2 * (values_before + bin_values) >= all_values
    group by {{ by }}
{%- endmacro %}


{#- Those rows that lie in the middle bins of any group of theirs: key is what the groups have in common. -#}
{% macro in_any_middle_bin(rows, counts, key, group_key, number) -%}
    select one_row.*
    from {{ rows }} as one_row
    {{ event_analytics.hashed_join() }} (
        select
            {{ key | join(', ') }},
            min(first_bin) as first_bin,
            max(last_bin) as last_bin
        from ({{ event_analytics.middle_bins(counts, group_key, number) }}) as group_bins
        group by {{ key | join(', ') }}
    ) as bins
        on {{ event_analytics.same_key('one_row', 'bins', key) }}
    where coalesce(
        {{ event_analytics.time_bin('one_row.microseconds') }} between bins.first_bin and bins.last_bin, false
    )
    {{ event_analytics.end_of_hashed_join() }}
{%- endmacro %}
