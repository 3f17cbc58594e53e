-- The loader selects as well as inserts: to tell a duplicate from a conflicting event, it
-- compares an incoming event with the one that is already there under the same id.
grant connect, temporary on database {database} to {loader};
grant usage on schema {raw} to {loader};
grant select, insert on {raw}.events, {raw}.rejected_events to {loader};

-- dbt reads the raw tables and makes its own schemas.
grant connect, create, temporary on database {database} to {transformer};
grant usage on schema {raw} to {transformer};
grant select on {raw}.events, {raw}.rejected_events to {transformer};
create schema if not exists {marts};
grant usage, create on schema {marts} to {transformer};

-- What readers may select is granted by dbt, view by view: see grants in dbt_project.yml.
grant connect on database {database} to {reader};
grant usage on schema {marts} to {reader};
