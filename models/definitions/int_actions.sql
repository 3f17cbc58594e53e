{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with actions as (

    select * from {{ ref('actions') }}

)

select
    action,
    event_name,
    property,
    operator,
    value
from actions
