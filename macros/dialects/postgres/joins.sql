{% macro postgres__hashed_join() -%}
    full join
{%- endmacro %}


{% macro postgres__hashed_left_join() -%}
    full join
{%- endmacro %}


{% macro postgres__end_of_hashed_join() -%}
    offset 0
{%- endmacro %}


{% macro postgres__join_one_row(relation) -%}
{%- endmacro %}


{% macro postgres__of_one_row(relation, column, where) -%}
    (
        select one_row.{{ column }}
        from {{ relation }} as one_row
        {% if where %}where {{ where }}{% endif %}
    )
{%- endmacro %}
