{#- Joins of steps of a query whose sizes PostgreSQL cannot foresee: it would loop over one for each row
    of the other, which is quadratic. A full join it can only hash or sort, so it is told to make one,
    and `where` has to drop again what an inner or left join does not have: by coalesce(…, false), as
    PostgreSQL makes an inner join of it again where a plain comparison drops the rows. -#}

{#- An inner join. -#}
{% macro hashed_join() %}
    {{- return(adapter.dispatch('hashed_join', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__hashed_join() -%}
    inner join
{%- endmacro %}


{#- A left join. -#}
{% macro hashed_left_join() %}
    {{- return(adapter.dispatch('hashed_left_join', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__hashed_left_join() -%}
    left join
{%- endmacro %}


{#- The end of a select that joins in this way. A reader's condition on a column of one side would
    otherwise get in, and make of the full join a left one that may loop. -#}
{% macro end_of_hashed_join() %}
    {{- return(adapter.dispatch('end_of_hashed_join', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__end_of_hashed_join() -%}
{%- endmacro %}


{#- How a query of many rows reads a value of a relation of one row or none: join_one_row in its from, and
    of_one_row(relation, column, where) for the value, which may be null, and missing with all rows, unless `where`
    holds, if it is given. DuckDB finds out that two readers ask for the same only where this is a join; PostgreSQL
    reads in parallel only where it is a query of its own, and runs it only as far as `where` lets it. -#}
{% macro join_one_row(relation) %}
    {{- return(adapter.dispatch('join_one_row', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__join_one_row(relation) -%}
    cross join {{ relation }} as one_row
{%- endmacro %}

{% macro of_one_row(relation, column, where=none) %}
    {{- return(adapter.dispatch('of_one_row', 'event_analytics')(relation, column, where)) -}}
{% endmacro %}

{% macro default__of_one_row(relation, column, where) -%}
    one_row.{{ column }}
{%- endmacro %}
