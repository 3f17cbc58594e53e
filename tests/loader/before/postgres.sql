SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA raw;
CREATE FUNCTION raw.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
begin
    raise exception '% on %.% refused: the raw tables are append-only',
        lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'restrict_violation',
        hint = 'Append a correcting event instead. Where rows have to go, for instance because '
            || 'a person asks for erasure, the owner runs, in one transaction: alter table … '
            || 'disable trigger append_only; the delete; alter table … enable trigger append_only.';
end
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE raw.events (
    event_id uuid NOT NULL,
    event_name text NOT NULL,
    event_time timestamp with time zone NOT NULL,
    user_id text NOT NULL,
    properties jsonb NOT NULL,
    ingested_at timestamp with time zone NOT NULL
);
CREATE TABLE raw.rejected_events (
    rejected_id uuid NOT NULL,
    reason text NOT NULL,
    detail text,
    original_text text NOT NULL,
    source text NOT NULL,
    line bigint,
    rejected_at timestamp with time zone NOT NULL
);
INSERT INTO raw.events VALUES ('6f1d1c5e-3f83-4a44-8a37-000000000001', 'signed_up', '2025-03-03 10:00:00+00', 'ann', '{"plan": "free"}', '2026-11-30 17:19:07.381369+00');
INSERT INTO raw.events VALUES ('6f1d1c5e-3f83-4a44-8a37-000000000002', 'paid', '2025-03-03 11:00:00+00', 'ann', '{}', '2026-11-30 17:19:07.381369+00');
INSERT INTO raw.events VALUES ('6f1d1c5e-3f83-4a44-8a37-000000000003', 'signed_up', '2025-03-04 10:00:00+00', 'bob', '{}', '2026-11-30 17:19:07.653474+00');
INSERT INTO raw.rejected_events VALUES ('1f78e8eb-a47b-59d0-9860-1c83561dff29', 'not_json', 'Expecting value at character 1', 'no event', 'monday.jsonl', 3, '2026-11-30 17:19:07.589305+00');
INSERT INTO raw.rejected_events VALUES ('8fae6c74-188a-54fc-b9ef-1a8850e9e45f', 'conflicting_event_id', 'event_id 6f1d1c5e-3f83-4a44-8a37-000000000002 is already there with other content', '{"event_id":"6f1d1c5e-3f83-4a44-8a37-000000000002","event_name":"refunded","event_time":"2025-03-03T11:00:00.000000Z","user_id":"ann","properties":{}}', 'tuesday.jsonl', 2, '2026-11-30 17:19:07.684323+00');
ALTER TABLE ONLY raw.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY raw.rejected_events
    ADD CONSTRAINT rejected_events_pkey PRIMARY KEY (rejected_id);
CREATE INDEX events_by_time ON raw.events USING brin (ingested_at, event_time);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON raw.events FOR EACH STATEMENT EXECUTE FUNCTION raw.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON raw.rejected_events FOR EACH STATEMENT EXECUTE FUNCTION raw.refuse_change();
GRANT USAGE ON SCHEMA raw TO before_loader;
GRANT USAGE ON SCHEMA raw TO before_transformer;
REVOKE ALL ON FUNCTION raw.refuse_change() FROM PUBLIC;
GRANT SELECT,INSERT ON TABLE raw.events TO before_loader;
GRANT SELECT ON TABLE raw.events TO before_transformer;
GRANT SELECT,INSERT ON TABLE raw.rejected_events TO before_loader;
GRANT SELECT ON TABLE raw.rejected_events TO before_transformer;
