{#- An expression over the model's columns is true in every row; null counts as true. -#}
{% test expression_holds(model, expression) %}

select *
from {{ event_analytics.tested(model) }}
where not ({{ expression }})

{% endtest %}
