{{ config(severity='warn', enabled=identities_are_merged()) }}
-- What links so many ids that it is no person is not merged. Without a word, a device that many
-- share would be missed only by those who look for it.
-- depends_on: {{ ref('int_identity_warnings') }}
{{ build_warnings(ref('int_identity_warnings')) }}
