{#- dbt's view materialization on PostgreSQL makes each view under another name, and drops the one that was
    there with all views over it. Until the end of a build dashboards then miss their views, and where two
    are dropped at once, or one is read, a deadlock may end the build. So a view that is there is replaced
    where it is. In a project that uses this one as a package, dbt takes its own, unless that project says
    otherwise (docs/package.md). -#}

{% materialization view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and not existing.is_view -%}
        {{- return(dbt.materialization_view_default()) -}}
    {%- endif -%}
    {%- set view = this.incorporate(type='view') -%}
    {{- run_hooks(pre_hooks, inside_transaction=false) -}}
    {{- run_hooks(pre_hooks, inside_transaction=true) -}}
    {%- call statement('main') -%}
        {{ event_analytics.replace_view(view, sql) }}
    {%- endcall -%}
    {#- what dbt shows; PostgreSQL only says that it did something -#}
    {%- do store_raw_result('main', message='CREATE VIEW', code='CREATE VIEW', rows_affected=none) -%}
    {#- what was granted on it before is still granted -#}
    {%- do apply_grants(view, config.get('grants'), should_revoke(existing, full_refresh_mode=false)) -%}
    {%- do persist_docs(view, model) -%}
    {{- run_hooks(post_hooks, inside_transaction=true) -}}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=false) -}}
    {{- return({'relations': [view]}) -}}
{% endmaterialization %}


{#- A statement that replaces a view, which PostgreSQL does only where its columns are still the first ones of
    the new view; otherwise it is dropped first. Not while something is dropped: the view may have been over
    that, and would be taken for what it was. The lock goes with what failed, so a drop can have it alone. -#}
{% macro replace_view(view, query) -%}
    {%- set made = get_replace_view_sql(view, query) -%}
    do $do$
    begin
        perform pg_catalog.pg_advisory_xact_lock_shared({{ event_analytics.drop_lock() }});
        {{ made }}
    exception when invalid_table_definition then
        {{ event_analytics.drop_from_the_top(view) }}
        {{ made }}
    end
    $do$
{%- endmacro %}


{#- dbt calls these where a table is made anew, and once more for what it was. -#}
{% macro postgres__drop_view(relation) -%}
    do $do$
    begin
        {{ event_analytics.drop_from_the_top(relation) }}
    end
    $do$
{%- endmacro %}

{% macro postgres__drop_table(relation) -%}
    {{- event_analytics.postgres__drop_view(relation) -}}
{%- endmacro %}


{#- PL/pgSQL that drops a view or table, but first all views over it, those first over which there is none:
    a query locks views in this order, too, so that neither waits for what the other has. One drop at a time,
    since two may have views in common. Those of other owners go with the last one, as only that may drop them. -#}
{% macro drop_from_the_top(relation) -%}
    perform pg_catalog.pg_advisory_xact_lock({{ event_analytics.drop_lock() }});
    declare
        view_above regclass;
    begin
        for view_above in
            with recursive dependents as (

                select
                    to_regclass('{{ relation }}')::oid as relation_id,
                    0 as height

                union

                select
                    rewrites.ev_class as relation_id,
                    dependents.height + 1 as height
                from dependents
                inner join pg_catalog.pg_depend as uses
                    on
                        uses.refclassid = 'pg_catalog.pg_class'::regclass
                        and dependents.relation_id = uses.refobjid
                        and uses.classid = 'pg_catalog.pg_rewrite'::regclass
                inner join pg_catalog.pg_rewrite as rewrites
                    on
                        uses.objid = rewrites.oid
                        and dependents.relation_id <> rewrites.ev_class

            )

            select dependents.relation_id::regclass as view_above
            from dependents
            inner join pg_catalog.pg_class as relations
                on dependents.relation_id = relations.oid
            where
                dependents.height > 0
                and relations.relkind = 'v'
                and pg_has_role(relations.relowner, 'USAGE')
            group by dependents.relation_id
            order by max(dependents.height) desc, dependents.relation_id
        loop
            execute format('drop view if exists %s cascade', view_above);
        end loop;
    end;
    drop {{ relation.type }} if exists {{ relation }} cascade;
{%- endmacro %}


{#- What a drop has alone, and replaced views share, until their transactions end. -#}
{% macro drop_lock() -%}
    pg_catalog.hashtext('event_analytics: drop')
{%- endmacro %}
