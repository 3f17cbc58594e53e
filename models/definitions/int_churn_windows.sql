{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with windows as (

    select * from {{ ref('churn_windows') }}

)

select
    churn_status,
    min_days_inactive,
    max_days_inactive
from windows
