{#- Breakdowns: reports on all users and on the users of each value of each segment, in the same steps.
    breakdown is none or segment, and segment and segment_value say of which; for all users both are
    empty. A view that asks for one breakdown costs no other: each has its own constant, so that the
    database need not read what it cannot take rows from. -#}

{#- A select of some columns of a relation with a user_id: each row once for the value that its user has in each
    segment, as segment and segment_value. -#}
{% macro with_segment_values(rows, columns) -%}
    select
        user_segments.segment as segment,
        user_segments.segment_value as segment_value
        {%- for column in columns %},
        one_row.{{ column }} as {{ column }}
        {%- endfor %}
    from {{ rows }} as one_row
    {{ event_analytics.hashed_join() }} {{ ref('fct_user_segments') }} as user_segments
        on one_row.user_id = user_segments.user_id
    where coalesce(one_row.user_id = user_segments.user_id, false)
    {{ event_analytics.end_of_hashed_join() }}
{%- endmacro %}


{#- Whether rows of two relations are about the same users. -#}
{% macro same_breakdown(one, other) -%}
    {{ event_analytics.same_key(one, other, ['breakdown', 'segment', 'segment_value']) }}
{%- endmacro %}
