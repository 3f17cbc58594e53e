{#- A select of the references that are names of events. Where an action has the name of an event, definitions mean
    the action. -#}
{% macro references_by_name(event_references, actions) -%}
    select event_references.reference
    from {{ event_references }} as event_references
    left join (select distinct actions.action from {{ actions }} as actions) as action_names
        on event_references.reference = action_names.action
    where action_names.action is null
{%- endmacro %}
