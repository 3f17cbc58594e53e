{#- A number for each row of all would put all of them into one task. So ids are numbered within groups of a few, and
    only the groups, of which there are no more however many ids there are, are put in order in one task. -#}
{% macro spark__numbered_ids(neighbour_counts, most_ids) -%}
    {%- set hashed -%}
        (
            select
                user_id,
                neighbours,
                pmod(xxhash64(user_id), 256) as hash_group
            from {{ neighbour_counts }}
            where neighbours < {{ most_ids }}
        )
    {%- endset -%}
    select
        ids.user_id as user_id,
        ids.neighbours as neighbours,
        cast(id_groups.ids_before + ids.place as bigint) as id_number
    from (
        select
            user_id,
            neighbours,
            hash_group,
            row_number() over (partition by neighbours, hash_group order by user_id) as place
        from {{ hashed }} as hashed_ids
    ) as ids
    inner join (
        select
            neighbours,
            hash_group,
            sum(count(*)) over (order by neighbours desc, hash_group) - count(*) as ids_before
        from {{ hashed }} as hashed_ids
        group by
            neighbours,
            hash_group
    ) as id_groups
        on
            ids.neighbours = id_groups.neighbours
            and ids.hash_group = id_groups.hash_group
{%- endmacro %}
