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

{% macro postgres__hashed_join() -%}
    full join
{%- endmacro %}


{#- A left join. -#}
{% macro hashed_left_join() %}
    {{- return(adapter.dispatch('hashed_left_join', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__hashed_left_join() -%}
    left join
{%- endmacro %}

{% macro postgres__hashed_left_join() -%}
    full join
{%- endmacro %}


{#- The end of a select that joins in this way. A reader's condition on a column of one side would
    otherwise get in, and make of the full join a left one that may loop. -#}
{% macro end_of_hashed_join() %}
    {{- return(adapter.dispatch('end_of_hashed_join', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__end_of_hashed_join() -%}
{%- endmacro %}

{% macro postgres__end_of_hashed_join() -%}
    offset 0
{%- endmacro %}
