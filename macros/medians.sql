{#- Medians, of all values of a group at once or by counts of values that are kept. From the counts follows
    between which values the median lies, and only those are sorted: it is the same to the last digit. -#}

{#- The median of a column within a group; of an even number, the mean of the middle two. -#}
{% macro median(expression) -%}
    percentile_cont(0.5) within group (order by {{ expression }})
{%- endmacro %}


{#- The number of the bin in which a time lies, from 0; null without a time. Of two times the longer one is in the
    same bin or in a later one. Bins are a few per cent wide from a second on, and a month has 800 of them. All of
    it is rounded in the same way everywhere (IEEE 754), unlike a logarithm. -#}
{% macro time_bin(microseconds) -%}
    cast(floor(20 * sqrt(sqrt(cast({{ microseconds }} as double precision) / 1000000))) as integer)
{%- endmacro %}


{#- The bins that hold the middle value of each group, or the middle two: from a relation with one row for each
    bin of a group, and the number of its values in the column `number`. Rows with a time_bin below 0 count for
    nothing. One row per group: its first and last such bin, how many values lie before them, and how many there
    are. -#}
{% macro middle_bins(counts, key, number) -%}
    select
        {%- for column in key %}
        {{ column }},
        {%- endfor %}
        min(time_bin) as first_bin,
        max(time_bin) as last_bin,
        min(values_before) as values_before,
        max(all_values) as all_values
    from (
        select
            {%- for column in key %}
            {{ column }},
            {%- endfor %}
            time_bin,
            {{ number }} as bin_values,
            sum({{ number }}) over (partition by {{ key | join(', ') }} order by time_bin) - {{ number }}
                as values_before,
            sum({{ number }}) over (partition by {{ key | join(', ') }}) as all_values
        from {{ counts }}
        where time_bin >= 0
    ) as placed
    where
        2 * values_before <= all_values
        and 2 * (values_before + bin_values) >= all_values
    group by {{ key | join(', ') }}
{%- endmacro %}


{#- Whether a time lies in the middle bins of its group. -#}
{% macro in_middle_bins(time_bin, middle_bins) -%}
    {{ time_bin }} between {{ middle_bins }}.first_bin and {{ middle_bins }}.last_bin
{%- endmacro %}


{#- The median of each group, from a relation with all values in its middle bins, beside values_before and
    all_values of middle_bins(). -#}
{% macro medians_of_bins(middle_values, key, value) -%}
    select
        {%- for column in key %}
        {{ column }},
        {%- endfor %}
        {{ event_analytics.median(value) }} as median_{{ value }}
    from (
        select
            {%- for column in key %}
            {{ column }},
            {%- endfor %}
            {{ value }},
            all_values,
            values_before + row_number() over (partition by {{ key | join(', ') }} order by {{ value }})
                as place
        from {{ middle_values }}
    ) as placed_values
    where 2 * place between all_values and all_values + 2
    group by {{ key | join(', ') }}
{%- endmacro %}
