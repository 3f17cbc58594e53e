{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with alerts as (

    select * from {{ ref('alerts') }}

)

select
    alert,
    metric,
    -- empty as in all reports that have rows of all users and of segments
    coalesce(segment, '') as segment,
    rule,
    direction,
    bound,
    days,
    severity,
    coalesce(description, '') as description
from alerts
