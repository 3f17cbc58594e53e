{% if identities_are_merged() -%}
with persons as (

    select * from {{ ref('int_persons') }}

)

select
    user_id,
    person_id
from persons
{%- else -%}
{% do stop_if_refused() -%}
-- every id is a person of its own
select
    cast(null as {{ dbt.type_string() }}) as user_id,
    cast(null as {{ dbt.type_string() }}) as person_id
where false
{%- endif %}
