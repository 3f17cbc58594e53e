{#- Breakdowns: reports on all users and on the users of each value of each segment, in the same steps.
    breakdown is none or segment, and segment and segment_value say of which; for all users both are
    empty. A view that asks for one breakdown costs no other: each has its own constant, so that the
    database need not read what it cannot take rows from. -#}

{#- A select of some columns of a model with one user_id in each row: all rows once for all users, and
    each row once for the value that its user has in each segment. -#}
{% macro broken_down(users, user_segments, columns) -%}
    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value
        {%- for column in columns %},
        users.{{ column }}
        {%- endfor %}
    from {{ users }} as users
    union all
    select
        'segment' as breakdown,
        user_segments.segment,
        user_segments.segment_value
        {%- for column in columns %},
        users.{{ column }}
        {%- endfor %}
    from {{ users }} as users
    {#- In effect an inner join, written so that no database takes it for one: PostgreSQL cannot foresee
        how many rows there are, and would compare each user with all others, as for a few of them.
        It has no other way to join what is full than to hash or to sort. #}
    full outer join {{ user_segments }} as user_segments
        on users.user_id = user_segments.user_id
    where case when users.user_id is null or user_segments.user_id is null then 0 else 1 end = 1
{%- endmacro %}


{#- Whether rows of two relations are about the same users. -#}
{% macro same_breakdown(one, other) -%}
    {{ one }}.breakdown = {{ other }}.breakdown
    and {{ one }}.segment = {{ other }}.segment
    and {{ one }}.segment_value = {{ other }}.segment_value
{%- endmacro %}
