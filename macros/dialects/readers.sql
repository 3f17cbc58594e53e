{#- Who may read: the roles that EVENTS_READER_ROLES names may select from the public views, and from what the
    semantic layer is made of. Without it grants stay as they are. -#}

{#- The names in EVENTS_READER_ROLES: between commas, letter for letter. One with a comma, with blanks at its ends
    or with a double quote at its beginning stands in double quotes, and a double quote in those is two. Of an
    organisation each ends in its name: event_reader_acme for event_reader. -#}
{% macro reader_roles() %}
    {%- set text = env_var('EVENTS_READER_ROLES', '') -%}
    {%- set name = '\\s*(?:"((?:[^"]|"")+)"|([^",\\s](?:[^,]*[^,\\s])?))?\\s*' -%}
    {%- if not modules.re.match('(?:' ~ name ~ ',)*' ~ name ~ '$', text) -%}
        {{- exceptions.raise_compiler_error(
            "EVENTS_READER_ROLES is '" ~ text ~ "', which is no list of roles; write their names between commas, "
            ~ 'and one with a comma or a double quote in double quotes: "my ""own"", role".'
        ) -}}
    {%- endif -%}
    {%- set roles = [] -%}
    {%- for quoted, plain in modules.re.findall(name ~ '(?:,|$)', text) if quoted or plain -%}
        {%- do roles.append((quoted | replace('""', '"') or plain) ~ event_analytics.organisation_suffix()) -%}
    {%- endfor -%}
    {{- return(roles | unique(case_sensitive=true) | list) -}}
{% endmacro %}


{#- Whether readers may select from a model: it is public, or metrics are made of it. -#}
{% macro is_for_readers(node) %}
    {%- set read = [] -%}
    {%- for semantic_model in graph.semantic_models.values() -%}
        {%- do read.extend(semantic_model.depends_on.nodes) -%}
    {%- endfor -%}
    {{- return(
        node.access == 'public'
        or node.unique_id in read
        or (read != [] and node.get('time_spine') is not none)
    ) -}}
{% endmacro %}


{#- At the start of a build: stops with one sentence where a role is not there, and lets roles use the schemas in
    which they may read. Not model by model, since two may not change a schema at once. -#}
{% macro let_readers_in() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{- return(adapter.dispatch('let_readers_in', 'event_analytics')()) -}}
    {%- endif -%}
{% endmacro %}

{#- A file has no roles. -#}
{% macro default__let_readers_in() -%}
{%- endmacro %}


{#- After each model: the roles may select from it, if it is for readers, and nobody else to whom its owner has
    granted that. -#}
{% macro grant_to_readers(relation) %}
    {%- if execute and event_analytics.is_for_readers(model) -%}
        {{- return(adapter.dispatch('grant_to_readers', 'event_analytics')(relation)) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__grant_to_readers(relation) -%}
{%- endmacro %}
