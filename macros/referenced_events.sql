{#- The events that definitions ask for, once under each reference by which they are asked for: a name, `*`
    for any event, or `$signup`. references is a relation with a column reference, named by one word; each
    kind of events is computed only where that has a reference of its kind. due is the column of
    int_due_events that says which of them are asked for. -#}
{% macro referenced_events(references, due, signups=true) -%}
    {#- Also in `exists`, which PostgreSQL answers before it computes the events that it joins. #}
    select
        {{ references }}.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from {{ ref('int_named_events') }} as events
    inner join {{ references }}
        on events.reference = {{ references }}.reference
    where
        events.{{ due }}
        -- in a definition these are signs, even where an event has such a name
        and events.reference not in ('*', '$signup')
        and exists (
            select 1 from {{ references }} as used
            where used.reference not in ('*', '$signup')
        )
    {%- for sign, model in [('*', 'int_due_events')] + ([('$signup', 'int_signup_events')] if signups else []) %}
    union all
    select
        {{ references }}.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from {{ ref(model) }} as events
    inner join {{ references }}
        on {{ references }}.reference = '{{ sign }}'
    where
        events.{{ due }}
        and exists (
            select 1 from {{ references }} as used
            where used.reference = '{{ sign }}'
        )
    {%- endfor %}
{%- endmacro %}
