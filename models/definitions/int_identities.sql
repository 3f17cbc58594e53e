{{ config(enabled=identities_are_merged()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with identities as (

    select * from {{ ref('identities') }}

)

select
    user_id,
    other_id
from identities
