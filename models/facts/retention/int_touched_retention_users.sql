{{ config(**step()) }}
{% if not execute -%}
-- depends_on: {{ ref('int_touched_users') }}
{% endif -%}
with touched_users as (

    {{ changed_users(['fct_reference_periods', 'fct_signups']) }}

)

select user_id
from touched_users
