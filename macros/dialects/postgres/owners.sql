{% macro postgres__hand_over(relation) -%}
    {#- what a model of another project reads, nobody knows -#}
    {%- if not var('events_model') -%}
        {%- set events = api.Relation.create(
            schema=var('raw_schema') ~ event_analytics.organisation_suffix(),
            identifier=var('events_table')
        ) -%}
        {%- set built = [(relation.schema, relation.identifier)] if relation else event_analytics.built_names() -%}
        do $owners$
        declare
            statement text;
        begin
            for statement in
                with built as (

                    {{ event_analytics.postgres_built_relations(built) }}

                ),

                heirs as (

                    select min(cast(namespaces.nspowner as bigint)) as heir
                    from pg_catalog.pg_namespace as namespaces
                    where
                        namespaces.nspname in (
                            {{ event_analytics.text_rows(
                                event_analytics.built_names() | map('first') | unique | list, 'name'
                            ) }}
                        )
                    having count(distinct namespaces.nspowner) = 1

                )

                select format('alter table %s owner to %I', cast(built.relation_id as regclass), roles.rolname)
                from built
                cross join heirs
                inner join pg_catalog.pg_roles as roles
                    on heirs.heir = cast(roles.oid as bigint)
                where
                    built.owner <> roles.oid
                    and pg_has_role(built.owner, 'USAGE')
                    and pg_has_role(roles.oid, 'USAGE')
                    {#- null, and so not true, where there is no such table yet #}
                    and has_schema_privilege(
                        roles.oid,
                        cast(to_regnamespace(
                            quote_ident({{ event_analytics.text_literal(events.schema) }})
                        ) as oid),
                        'USAGE'
                    )
                    and has_table_privilege(
                        roles.oid,
                        cast(to_regclass({{ event_analytics.text_literal(events) }}) as oid),
                        'SELECT'
                    )
            loop
                execute statement;
            end loop;
        end
        $owners$
    {%- endif -%}
{%- endmacro %}


{% macro postgres__require_ownership() -%}
    {%- set foreign -%}
        select
            cast(cast(built.relation_id as regclass) as text) as relation,
            roles.rolname as owner,
            current_user as builder
        from (
            {{ event_analytics.postgres_built_relations(event_analytics.built_names()) }}
        ) as built
        inner join pg_catalog.pg_roles as roles
            on built.owner = roles.oid
        where not pg_has_role(built.owner, 'USAGE')
        order by relation
        limit 1
    {%- endset -%}
    {%- for relation, owner, builder in run_query(foreign).rows -%}
        {{- exceptions.raise_compiler_error(
            relation ~ " belongs to '" ~ owner ~ "', and '" ~ builder ~ "' may not replace it; let '" ~ owner
            ~ "' or an administrator run `loader init --roles" ~ (" --org " ~ var('org') if var('org') else "")
            ~ "`, after which every member of event_transformer may."
        ) -}}
    {%- endfor -%}
{%- endmacro %}


{#- What is there of a list of schemas and names, with what is kept of it: relation_id and owner. -#}
{% macro postgres_built_relations(names) -%}
    select
        relations.oid as relation_id,
        relations.relowner as owner
    from pg_catalog.pg_class as relations
    inner join pg_catalog.pg_namespace as namespaces
        on relations.relnamespace = namespaces.oid
    inner join (
        values
        {%- for schema_name, name in names %}
        ({{ event_analytics.text_literal(schema_name) }}, {{ event_analytics.text_literal(name) }})
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as names (schema_name, name)
        on
            namespaces.nspname = names.schema_name
            and relations.relname in (names.name, names.name || '__kept', names.name || '__changes')
    where relations.relkind in ('r', 'p', 'v', 'm')
{%- endmacro %}
