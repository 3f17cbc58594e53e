{{ config(**step(decides=true)) }}
{% set still_due = kept_table(this) -%}
-- Of whom everything is computed anew. Whatever else makes users due is another select here.
with users_due as (

    {{ users_of_removals() }}
    {% if identities_are_merged() -%}
    union
    {{ users_of_moved_ids() }}
    {%- endif %}
    {% if keeps() and load_cached_relation(still_due) is not none -%}
    -- those of a build that did not come to its end, of whom a part is dropped by now
    union
    select user_id
    from {{ still_due }}
    {%- endif %}

)

select user_id
from users_due
