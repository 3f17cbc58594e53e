-- Statements by which whoever was let at the events of an earlier version gets at what belongs to them
-- now, and nobody else does.
select
    format(
        'grant %%s on %%I.%%I to %%s',
        added.privilege,
        namespaces.nspname,
        added.name,
        case when acl.grantee = 0 then 'public' else quote_ident(roles.rolname) end
    )
from pg_catalog.pg_class as events
inner join pg_catalog.pg_namespace as namespaces on events.relnamespace = namespaces.oid
cross join aclexplode(events.relacl) as acl
left join pg_catalog.pg_roles as roles on acl.grantee = roles.oid
inner join (
    values
    ('deliveries', 'SELECT'),
    ('deliveries', 'INSERT'),
    ('removals', 'SELECT'),
    ('removed_users', 'SELECT'),
    ('removed_events', 'SELECT'),
    ('erased_events', 'SELECT')
) as added (name, privilege)
    on acl.privilege_type = added.privilege
where
    namespaces.nspname = %(raw)s
    and events.relname = 'events'
    and acl.grantee <> events.relowner
