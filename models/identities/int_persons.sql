{{ config(**step(in_both_modes=true, decides=true, stored=true)) }}
{{ config(enabled=identities_are_merged(), docs={'show': true, 'node_color': '#2a6fbb'}) }}
with links as (

    select * from {{ ref('int_linked_ids') }}

),

members as (

    select
        user_id,
        group_number
    from {{ ref('int_identity_groups') }}
    where is_merged

),

-- links with an id that belongs to nobody do not count
known_ids as (

    select
        members.group_number as group_number,
        links.known_id as known_id,
        links.other_id as other_id,
        links.linked_at as linked_at
    from links
    {{ hashed_join() }} members
        on links.known_id = members.user_id
    where coalesce(links.known_id = members.user_id, false)
    {{ end_of_hashed_join() }}

),

names as (

    select
        known_ids.group_number as group_number,
        known_ids.known_id as known_id,
        known_ids.linked_at as linked_at
    from known_ids
    {{ hashed_join() }} members
        on known_ids.other_id = members.user_id
    where coalesce(known_ids.other_id = members.user_id, false)
    {{ end_of_hashed_join() }}

),

placed_names as (

    select
        group_number,
        known_id,
        -- those of the seed, which have no time, come first
        rank() over (partition by group_number order by linked_at nulls first) as place
    from names

),

persons as (

    select
        group_number,
        {{ smallest_text('known_id') }} as person_id
    from placed_names
    where place = 1
    group by group_number

),

members_of_persons as (

    select
        members.user_id as user_id,
        persons.person_id as person_id
    from members
    {{ hashed_join() }} persons
        on members.group_number = persons.group_number
    where coalesce(members.group_number = persons.group_number, false)
    {{ end_of_hashed_join() }}

)

select
    user_id,
    person_id
from members_of_persons
