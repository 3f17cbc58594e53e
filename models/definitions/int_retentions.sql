{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with retentions as (

    select * from {{ ref('retentions') }}

)

select
    retention,
    cohort_event,
    cohort_kind,
    return_event,
    period,
    periods
from retentions
