-- The schemas that dbt builds in, and what is in them: kind, name, owner, and whether the user has the
-- owner's rights. Of the marts it is views that read what lies beneath, as those of dbt do: what else is
-- there is somebody's own, and the schema public everybody's.
with schemas as (

    select
        oid,
        nspname,
        nspowner
    from pg_namespace
    where nspname = any(%(built)s)

),

relations as (

    select
        pg_class.oid,
        pg_class.relowner,
        pg_class.relkind,
        schemas.nspname
    from pg_class
    inner join schemas on pg_class.relnamespace = schemas.oid
    where pg_class.relkind in ('r', 'p', 'v', 'm')

),

over_what_lies_beneath as (

    select distinct pg_rewrite.ev_class as oid
    from pg_rewrite
    inner join pg_depend
        on
            pg_depend.classid = 'pg_rewrite'::regclass
            and pg_rewrite.oid = pg_depend.objid
            and pg_depend.refclassid = 'pg_class'::regclass
    inner join relations on pg_depend.refobjid = relations.oid
    where relations.nspname <> %(marts)s

),

parts as (

    select
        'schema' as kind,
        quote_ident(nspname) as name,
        nspowner as owner
    from schemas
    where nspname <> 'public'
    union all
    select
        case when relkind in ('r', 'p') then 'table' else 'view' end as kind,
        oid::regclass::text as name,
        relowner as owner
    from relations
    where
        nspname <> %(marts)s
        or oid in (select oid from over_what_lies_beneath)

)

select
    parts.kind,
    parts.name,
    pg_roles.rolname as owner,
    pg_has_role(parts.owner, 'USAGE') as is_ours
from parts
inner join pg_roles on parts.owner = pg_roles.oid
order by
    parts.kind,
    parts.name
