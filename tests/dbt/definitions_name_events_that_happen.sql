{{ config(severity='warn') }}
-- Definitions ask for events that there are. What they ask for in vain is reported as zeros, which
-- look right.
-- depends_on: {{ ref('int_definition_warnings') }}
{{ build_warnings(ref('int_definition_warnings')) }}
