{{ config(**shared_view()) }}
{{ config(enabled=identities_are_merged()) }}
{% set passes = identity_passes() -%}
{% set most_ids = whole_number('max_person_ids', 2) -%}
-- Ids become numbers, and in each pass those that are linked become fewer numbers, until those of a
-- person are one: see identity_passes. A pass goes through what the one before has left, at most
-- three quarters of it on average, so that all of them together take as long as a few.
with linked_ids as (

    select
        known_id,
        other_id
    from {{ ref('int_linked_ids') }}

),

neighbours as (

    select
        known_id as user_id,
        other_id as neighbour_id
    from linked_ids
    union
    select
        other_id as user_id,
        known_id as neighbour_id
    from linked_ids

),

neighbour_counts as (

    select
        user_id,
        {{ row_count() }} as neighbours
    from neighbours
    group by user_id

),

-- An id that links more than a person may have is no person's: its links do not count. Of the
-- others, those that are linked with most come first.
numbered as (

    {{ numbered_ids('neighbour_counts', most_ids) }}

),

half_numbered as (

    select
        numbered.id_number as id_number,
        neighbours.neighbour_id as neighbour_id
    from neighbours
    {{ hashed_join() }} numbered
        on neighbours.user_id = numbered.user_id
    where coalesce(neighbours.user_id = numbered.user_id, false)
    {{ end_of_hashed_join() }}

),

links_1 as (

    select
        half_numbered.id_number as one,
        numbered.id_number as other
    from half_numbered
    {{ hashed_join() }} numbered
        on half_numbered.neighbour_id = numbered.user_id
    where coalesce(half_numbered.neighbour_id = numbered.user_id, false)
    {{ end_of_hashed_join() }}

),

{% for pass in range(1, passes + 1) -%}
{% set order = identity_order(pass) -%}
places_{{ pass }} as (

    select
        one,
        other,
        {{ place_in_order('one', order) }} as place_of_one,
        {{ place_in_order('other', order) }} as place_of_other
    from links_{{ pass }}

),

first_places_{{ pass }} as (

    select
        one,
        least(
            place_of_one,
            min(place_of_other) over (partition by one)
        ) as place_of_one,
        least(
            place_of_other,
            min(place_of_one) over (partition by other)
        ) as place_of_other
    from places_{{ pass }}

),

leaders_{{ pass }} as (

    select
        one as id_number,
        {{ number_at_place('min(place_of_one)', order) }} as leader
    from first_places_{{ pass }}
    group by one

),

links_{{ pass + 1 }} as (

    select distinct
        {{ number_at_place('place_of_one', order) }} as one,
        {{ number_at_place('place_of_other', order) }} as other
    from first_places_{{ pass }}
    where place_of_one <> place_of_other

),

{% endfor -%}
-- back through the passes: which number each one has become in the end
led_{{ passes }} as (

    select
        id_number,
        leader
    from leaders_{{ passes }}

),

{% for pass in range(passes - 1, 0, -1) -%}
led_{{ pass }} as (

    select
        leaders_{{ pass }}.id_number as id_number,
        coalesce(led_{{ pass + 1 }}.leader, leaders_{{ pass }}.leader) as leader
    from leaders_{{ pass }}
    {{ hashed_left_join() }} led_{{ pass + 1 }}
        on leaders_{{ pass }}.leader = led_{{ pass + 1 }}.id_number
    where coalesce(leaders_{{ pass }}.id_number = leaders_{{ pass }}.id_number, false)
    {{ end_of_hashed_join() }}

),

{% endfor -%}
unfinished as (

    select distinct one as group_number
    from links_{{ passes + 1 }}

),

members as (

    select
        numbered.user_id as user_id,
        numbered.neighbours as neighbours,
        led_1.leader as group_number,
        {{ row_count('partition by led_1.leader') }} as group_ids
    from numbered
    {{ hashed_join() }} led_1
        on numbered.id_number = led_1.id_number
    where coalesce(numbered.id_number = led_1.id_number, false)
    {{ end_of_hashed_join() }}

),

grouped as (

    select
        user_id,
        neighbours,
        group_number,
        group_ids,
        group_ids <= {{ most_ids }}
        and group_number not in (select unfinished.group_number from unfinished) as is_merged
    from members
    union all
    select
        user_id,
        neighbours,
        cast(null as bigint) as group_number,
        cast(null as bigint) as group_ids,
        false as is_merged
    from neighbour_counts
    where neighbours >= {{ most_ids }}

)

select
    user_id,
    neighbours,
    group_number,
    group_ids,
    is_merged
from grouped
