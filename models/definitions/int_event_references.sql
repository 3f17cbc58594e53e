{{ config(**shared_view()) }}
with reference_places as (

    select * from {{ ref('int_reference_places') }}

)

select distinct reference
from reference_places
