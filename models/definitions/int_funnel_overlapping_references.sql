{{ config(**shared_view()) }}
with overlapping_references as (

    {{ overlapping_references(ref('funnel_steps'), ref('actions')) }}

)

select
    funnel,
    reference,
    other_reference
from overlapping_references
