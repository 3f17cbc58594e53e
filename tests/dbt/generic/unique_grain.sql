{#- The model has one row for each combination of the columns that its grain names, none of them null. -#}
{% test unique_grain(model, columns) %}

with repeated as (

    select
        {{ columns | join(', ') }},
        count(*) as rows_of_grain
    from {{ event_analytics.tested(model) }}
    group by {{ columns | join(', ') }}

)

select *
from repeated
where
    rows_of_grain > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
