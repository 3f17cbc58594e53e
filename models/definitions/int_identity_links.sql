{{ config(enabled=identities_are_merged()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with identity_links as (

    select * from {{ ref('identity_links') }}

)

select
    event_name,
    property,
    known_id
from identity_links
