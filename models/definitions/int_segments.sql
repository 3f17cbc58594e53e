{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with segments as (

    select * from {{ ref('segments') }}

)

select
    segment,
    property,
    pick
from segments
