-- The loader selects as well as inserts: to tell a duplicate from a conflicting event, it
-- compares an incoming event with the one that is already there under the same id.
grant connect, temporary on database {database} to {loader};
grant usage on schema {raw} to {loader};
grant select, insert on {raw}.events, {raw}.rejected_events, {raw}.deliveries to {loader};
grant select on {raw}.erased_events to {loader};

-- dbt reads the raw tables, makes its own schemas, and owns them, but for one that is everybody's.
grant connect, create, temporary on database {database} to {transformer};
grant usage on schema {raw} to {transformer};
grant select on
{raw}.events, {raw}.rejected_events, {raw}.deliveries, {raw}.removals, {raw}.removed_users,
{raw}.removed_events
to {transformer};
grant usage, create on schema {marts} to {transformer};

-- Readers may select from the marts. From what lies beneath, dbt lets them read what the metrics of the
-- semantic layer are made of, and to other roles it grants view by view: macros/dialects/readers.sql.
grant connect on database {database} to {reader};
grant usage on schema {marts}, {intermediate} to {reader};
alter default privileges for role {transformer} in schema {marts} grant select on tables to {reader};
