{{ config(severity='warn') }}
-- Reports grow with what is told apart in them: with a segment's values, the names of events, and
-- the days back to the first one. Ids in their place, or a clock that is decades behind, would go
-- unseen until a report is too long to be read.
-- depends_on: {{ ref('int_event_warnings') }}
{{ build_warnings(ref('int_event_warnings')) }}
