{#- Persons where something is kept: an id that has got another person leaves one and joins another, and of both
    everything is computed anew. -#}

{#- The table of persons by which what is kept goes, beside int_deliveries. -#}
{% macro kept_persons() %}
    {{- return(event_analytics.kept_deliveries().incorporate(path={'identifier': 'kept_persons'})) -}}
{% endmacro %}


{#- Before a build: the table above. -#}
{% macro prepare_persons() -%}
    {%- if event_analytics.identities_are_merged() %}
        create table if not exists {{ event_analytics.kept_persons() }} (
            user_id {{ dbt.type_string() }},
            person_id {{ dbt.type_string() }}
        );
    {%- endif -%}
{%- endmacro %}


{#- A query of the persons that ids have left or joined since what is kept was computed, as user_id. -#}
{% macro users_of_moved_ids() -%}
    {%- set moved -%}
        (
            select
                coalesce(was.person_id, now.user_id) as old_person_id,
                coalesce(now.person_id, was.user_id) as new_person_id
            from {{ event_analytics.kept_persons() }} as was
            full join {{ ref('int_persons') }} as now
                on was.user_id = now.user_id
            where coalesce(was.person_id, now.user_id) <> coalesce(now.person_id, was.user_id)
        )
    {%- endset %}
    select old_person_id as user_id
    from {{ moved }} as moved
    union
    select new_person_id as user_id
    from {{ moved }} as moved
{%- endmacro %}


{#- After a build: what is kept goes by its persons. -#}
{% macro note_persons() -%}
    {%- if event_analytics.identities_are_merged() %}
            {%- set is_ours = "'" ~ invocation_id ~ "' in (select build_id from " ~ event_analytics.current_build() ~ ")" %}
            delete from {{ event_analytics.kept_persons() }}
            where {{ is_ours }};
            insert into {{ event_analytics.kept_persons() }} (user_id, person_id)
            select
                user_id,
                person_id
            from {{ event_analytics.model_relation('int_persons') }}
            where {{ is_ours }};
    {%- endif -%}
{%- endmacro %}


{#- After a build of all models that merges no ids: what one that did has left, and what no model is about. A build that
    was refused at its start has no results. -#}
{% macro give_up_persons(results) %}
    {%- if
        execute
        and results
        and not event_analytics.identities_are_merged()
        and flags.WHICH in ('run', 'build')
        and not event_analytics.left_out_models()
    -%}
        {%- set beside = event_analytics.model_relation('int_arrivals') -%}
        {%- if load_cached_relation(beside.incorporate(path={'identifier': 'int_linked_ids'})) is not none -%}
            {%- for name in (
                'int_identity_warnings', 'int_persons', 'int_identity_groups', 'int_linked_ids', 'int_identity_links',
                'int_identities',
            ) %}
                drop view if exists {{ beside.incorporate(path={'identifier': name}) }};
            {%- endfor %}
            drop table if exists {{ event_analytics.kept_table(
                beside.incorporate(path={'identifier': 'int_persons'})
            ) }};
            drop table if exists {{ event_analytics.kept_persons() }};
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
