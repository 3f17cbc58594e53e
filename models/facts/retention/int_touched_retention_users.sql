{{ config(**step()) }}
with touched_users as (

    {{ changed_users(['fct_reference_periods', 'fct_signups']) }}

)

select user_id
from touched_users
