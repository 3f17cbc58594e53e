{#- Schemas of an organisation: the variable org, appended to every schema's name. -#}

{#- `_acme` for the organisation acme, nothing without one. -#}
{% macro organisation_suffix() %}
    {%- set org = var('org', '') | string -%}
    {%- if org in ('', 'None') -%}
        {{- return('') -}}
    {%- endif -%}
    {#- An underscore in it could make it the schema of another one's staging models. -#}
    {%- if not modules.re.match('^[a-z][a-z0-9]{0,29}$', org)
        or org in ('definitions', 'intermediate', 'staging', 'marts', 'snapshots') -%}
        {{- exceptions.raise_compiler_error(
            "The variable org is '" ~ org ~ "', which is no name of an organisation; "
            ~ "use one for which `loader init --org` has made raw tables."
        ) -}}
    {%- endif -%}
    {{- return('_' ~ org) -}}
{% endmacro %}


{#- As dbt does it, with the organisation between the target's schema and the custom one. A project
    that uses this one as a package has its own way by a macro default__generate_schema_name. -#}
{% macro generate_schema_name(custom_schema_name, node) %}
    {{- return(adapter.dispatch('generate_schema_name', 'event_analytics')(custom_schema_name, node)) -}}
{% endmacro %}

{% macro default__generate_schema_name(custom_schema_name, node) %}
    {%- set base = target.schema ~ event_analytics.organisation_suffix() -%}
    {{- return(base if custom_schema_name is none else base ~ '_' ~ (custom_schema_name | trim)) -}}
{% endmacro %}
