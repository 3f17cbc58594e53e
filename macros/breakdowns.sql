{#- Breakdowns: reports on all users and on the users of each value of each segment, in the same steps.
    breakdown is none or segment, and segment and segment_value say of which; for all users both are
    empty. A view that asks for one breakdown costs no other: each has its own constant, so that the
    database need not read what it cannot take rows from. -#}

{#- A select of some columns of a model with one user_id in each row: all rows once for all users, and
    each row once for the value that its user has in each segment. Where rows have a weight, a user's value
    is that of the same weight, in counted_segments(). -#}
{% macro broken_down(users, user_segments, columns, weighted=false) -%}
    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value
        {%- for column in columns %},
        users.{{ column }}
        {%- endfor %}
    from {{ users }} as users
    union all
    {#- The join lies deeper than the constant, by which a report on all users does without it. #}
    select
        'segment' as breakdown,
        joined.segment,
        joined.segment_value
        {%- for column in columns %},
        joined.{{ column }}
        {%- endfor %}
    from (
        select
            user_segments.segment,
            user_segments.segment_value
            {%- for column in columns %},
            users.{{ column }}
            {%- endfor %}
        from {{ users }} as users
        {{ event_analytics.hashed_join() }} {{ user_segments }} as user_segments
            on
                users.user_id = user_segments.user_id
                {%- if weighted %}
                and users.weight = user_segments.weight
                {%- endif %}
        where coalesce(users.user_id = user_segments.user_id, false)
        {{ event_analytics.end_of_hashed_join() }}
    ) as joined
{%- endmacro %}


{#- The segment values under which a counted_summary counts users. Of a build that goes on, those of users of
    whom something changes: with a weight of 1 those that they have, and of -1 those under which the build
    before has counted them. -#}
{% macro counted_segments(going_on) -%}
    {%- if going_on -%}
    select
        user_id,
        segment,
        segment_value,
        1 as weight
    from {{ ref('int_user_segment_changes') }}
    union all
    select
        user_id,
        segment,
        kept_value as segment_value,
        -1 as weight
    from {{ ref('int_user_segment_changes') }}
    where kept_value is not null
    {%- else -%}
    select * from {{ ref('int_user_segments') }}
    {%- endif -%}
{%- endmacro %}


{#- Whether rows of two relations are about the same users. -#}
{% macro same_breakdown(one, other) -%}
    {{ one }}.breakdown = {{ other }}.breakdown
    and {{ one }}.segment = {{ other }}.segment
    and {{ one }}.segment_value = {{ other }}.segment_value
{%- endmacro %}
