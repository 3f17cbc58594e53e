{{ config(enabled=identities_are_merged()) }}
{% set most_ids = whole_number('max_person_ids', 2) -%}
-- What is not merged since it would be too many: it is named, as a shared device or an id such as
-- undefined would go unseen otherwise.
with groups as (

    select * from {{ ref('int_identity_groups') }}

),

shared_ids as (

    select
        user_id,
        neighbours + 1 as ids,
        concat(
            'The id ''', user_id, ''' is linked with ',
            cast(neighbours as {{ dbt.type_string() }}), ' others, and its links do not count'
        ) as problem,
        {{ text_literal(
            'if it is a device that many share, or no id at all, send none for it; if it is a person,'
            ~ ' raise the variable max_person_ids (' ~ most_ids ~ ')'
        ) }} as mend
    from groups
    where group_number is null

),

crowds as (

    select
        {{ smallest_text('user_id') }} as user_id,
        min(group_ids) as ids
    from groups
    where
        group_number is not null
        and not is_merged
    group by group_number

),

large_groups as (

    select
        user_id,
        ids,
        concat(
            'The id ''', user_id, ''' and others are ', cast(ids as {{ dbt.type_string() }}),
            ' ids that links make one person of, and none of these counts'
        ) as problem,
        {{ text_literal(
            'if they are several persons, find the ids that these share and send none for them; if they'
            ~ ' are one, raise the variable max_person_ids (' ~ most_ids ~ ')'
        ) }} as mend
    from crowds

),

unioned as (

    select * from shared_ids
    union all
    select * from large_groups

)

select
    user_id,
    ids,
    problem,
    mend,
    concat(problem, '; ', mend, '.') as message
from unioned
