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
