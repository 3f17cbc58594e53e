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

{% macro postgres__let_readers_in() -%}
    {%- set roles = event_analytics.reader_roles() -%}
    {%- if roles -%}
        {%- set missing = run_query(
            'select name from (' ~ event_analytics.text_rows(roles, 'name') ~ ') as readers'
            ~ " where name not in (select rolname from pg_catalog.pg_roles) and name <> 'public'"
        ) -%}
        {%- if missing.rows | length > 0 -%}
            {{- exceptions.raise_compiler_error(
                "EVENTS_READER_ROLES names the role '" ~ missing.rows[0][0] ~ "', which does not exist; write each "
                ~ "name letter for letter, or create it with: loader init --roles --reader-role NAME"
            ) -}}
        {%- endif -%}
        {%- set schemas = [] -%}
        {%- for node in event_analytics.project_models() if event_analytics.is_for_readers(node) -%}
            {%- do schemas.append(node.schema) -%}
        {%- endfor -%}
        do {{ event_analytics.postgres_quote(roles) }}
        declare
            statement text;
        begin
            for statement in
                select
                    format(
                        'grant usage on schema %I to %s',
                        namespaces.nspname,
                        {{ event_analytics.postgres_grantee('readers.name') }}
                    )
                from pg_catalog.pg_namespace as namespaces
                cross join ({{ event_analytics.text_rows(roles, 'name') }}) as readers
                where
                    namespaces.nspname in (
                        {{ event_analytics.text_rows(schemas | unique | list, 'name') }}
                    )
                    and not has_schema_privilege(readers.name, namespaces.oid, 'USAGE')
                    and pg_has_role(namespaces.nspowner, 'USAGE')
            loop
                execute statement;
            end loop;
        end
        {{ event_analytics.postgres_quote(roles) }}
    {%- endif -%}
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

{#- By its own statements, as dbt writes names of roles without quotes. -#}
{% macro postgres__grant_to_readers(relation) -%}
    {%- set roles = event_analytics.reader_roles() -%}
    {%- if roles -%}
        do {{ event_analytics.postgres_quote(roles) }}
        declare
            statement text;
        begin
            for statement in
                with readers as (

                    {{ event_analytics.text_rows(roles, 'name') }}

                ),

                granted as (

                    select coalesce(roles.rolname, 'public') as name
                    from pg_catalog.pg_class as relations
                    cross join aclexplode(relations.relacl) as acl
                    left join pg_catalog.pg_roles as roles
                        on acl.grantee = roles.oid
                    where
                        relations.oid = to_regclass({{ event_analytics.text_literal(relation) }})
                        and acl.privilege_type = 'SELECT'
                        and acl.grantor = relations.relowner
                        and acl.grantee <> relations.relowner

                )

                select
                    format(
                        'revoke select on %s from %s',
                        {{ event_analytics.text_literal(relation) }},
                        {{ event_analytics.postgres_grantee('granted.name') }}
                    )
                from granted
                where name not in (select name from readers)
                union all
                select
                    format(
                        'grant select on %s to %s',
                        {{ event_analytics.text_literal(relation) }},
                        {{ event_analytics.postgres_grantee('readers.name') }}
                    )
                from readers
                where name not in (select name from granted)
            loop
                execute statement;
            end loop;
        end
        {{ event_analytics.postgres_quote(roles) }}
    {%- endif -%}
{%- endmacro %}


{#- To whom to grant, as SQL has it: no role may be called public, which is everybody. -#}
{% macro postgres_grantee(name) -%}
    case when {{ name }} = 'public' then 'public' else quote_ident({{ name }}) end
{%- endmacro %}


{#- What stands around a text in place of quotes, and in none of the names in it. -#}
{% macro postgres_quote(names) -%}
    $names_{{ local_md5(names | join(',')) }}$
{%- endmacro %}
