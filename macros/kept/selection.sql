{#- Which models there are, and which of them a command runs or leaves out. -#}

{#- All nodes of this project of a kind, such as seed. -#}
{% macro project_nodes(kind) %}
    {{- return(
        graph.nodes.values()
        | selectattr('package_name', 'equalto', 'event_analytics')
        | selectattr('resource_type', 'equalto', kind)
        | list
    ) -}}
{% endmacro %}


{#- All models of this project. -#}
{% macro project_models() %}
    {{- return(event_analytics.project_nodes('model')) -}}
{% endmacro %}


{#- Those of the models that this command leaves out. -#}
{% macro left_out_models() %}
    {{- return(
        event_analytics.project_models()
        | rejectattr('unique_id', 'in', event_analytics.selected_models())
        | list
    ) -}}
{% endmacro %}


{#- The ids of what this command runs. dbt names none when it tries again what a command before has left; what that
    has made already counts as a part of it. -#}
{% macro selected_models() %}
    {{- return(selected_resources or event_analytics.project_models() | map(attribute='unique_id') | list) -}}
{% endmacro %}


{#- The models that a refresh runs. All of them have to succeed before a delivery counts as kept. -#}
{% macro refreshed_models() %}
    {{- return(
        event_analytics.project_models()
        | selectattr('config.materialized', 'in', ['fact', 'count', 'step'])
        | list
    ) -}}
{% endmacro %}


{#- Those of them that this command runs. -#}
{% macro selected_refreshed_models() %}
    {{- return(
        event_analytics.refreshed_models()
        | selectattr('unique_id', 'in', event_analytics.selected_models())
        | list
    ) -}}
{% endmacro %}
