{#- Users of whom everything is computed anew, since not all that is kept of them is still so: events of theirs were
    taken out (loader withdraw, loader erase), as `removals` and `removed_users` beside the raw events say. -#}

{#- A table that the loader writes beside the raw events; none where there is none. -#}
{% macro loader_table(name) %}
    {%- if execute and not var('events_model') -%}
        {%- set table = graph.sources.values()
            | selectattr('package_name', 'equalto', 'event_analytics')
            | selectattr('name', 'equalto', name) | first -%}
        {%- if table and adapter.get_relation(table.database, table.schema, table.identifier) is not none -%}
            {{- return(event_analytics.portable(api.Relation.create(
                database=table.database, schema=table.schema, identifier=table.identifier
            ))) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}


{#- The table of removals that are in what is kept, beside int_deliveries. -#}
{% macro kept_removals() %}
    {{- return(event_analytics.kept_deliveries().incorporate(path={'identifier': 'kept_removals'})) -}}
{% endmacro %}


{#- The table of those that the latest build has found when it began, and sees to. -#}
{% macro current_removals() %}
    {{- return(event_analytics.kept_deliveries().incorporate(path={'identifier': 'current_removals'})) -}}
{% endmacro %}


{#- Before a build: notes the removals that it sees to. One that comes while it runs is seen to by the next. -#}
{% macro note_removals() %}
    {%- set removals = event_analytics.loader_table('removals') %}
        delete from {{ event_analytics.current_removals() }};
    {%- if removals %}
        insert into {{ event_analytics.current_removals() }} (removal_id)
        select removal_id
        from {{ removals }}
        where removal_id not in (select removal_id from {{ event_analytics.kept_removals() }});
    {%- endif -%}
{% endmacro %}


{#- How many removals this build sees to. -#}
{% macro removals_to_see_to() %}
    {%- if not event_analytics.keeps() or model.resource_type not in ('model', 'operation') -%}
        {{- return(0) -}}
    {%- endif -%}
    {{- return(
        run_query('select count(*) from ' ~ event_analytics.current_removals()).columns[0].values()[0] | int
    ) -}}
{% endmacro %}


{#- A query of the users of whom events were taken out, as user_id, among those of whom anything is kept. -#}
{% macro users_of_removals() -%}
    {%- if not execute and event_analytics.facts_are_kept() -%}
        {%- do source('event_analytics', 'removals') -%}
        {%- do source('event_analytics', 'removed_users') -%}
    {%- endif -%}
    {%- set known = event_analytics.kept_table(event_analytics.model_relation('fct_event_users')) -%}
    {%- if event_analytics.removals_to_see_to() and load_cached_relation(known) is not none %}
    select known.person_id as user_id
    from (
        select
            user_id,
            user_id as person_id
        from {{ known }}
        {%- if event_analytics.identities_are_merged() %}
        -- what is kept of an id is kept of its person
        union
        select
            user_id,
            person_id
        from {{ event_analytics.kept_persons() }}
        {%- else %}
        group by user_id
        {%- endif %}
    ) as known
    cross join {{ event_analytics.current_removals() }} as removals
    inner join {{ event_analytics.loader_table('removed_users') }} as removed_users
        on
            removals.removal_id = removed_users.removal_id
            and removed_users.user_hash
            = md5(cast(removals.removal_id as {{ dbt.type_string() }}) || ' ' || known.user_id)
    {%- else %}
    select cast(null as {{ dbt.type_string() }}) as user_id
    where false
    {%- endif %}
{%- endmacro %}


{#- How many events were taken out of which delivery since the build before: ingested_at, events. -#}
{% macro removed_events() -%}
    {%- if not execute and event_analytics.facts_are_kept() -%}
        {%- do source('event_analytics', 'removed_events') -%}
    {%- endif -%}
    {%- if event_analytics.removals_to_see_to() %}
    select
        removed_events.ingested_at as ingested_at,
        sum(removed_events.events) as events
    from {{ event_analytics.loader_table('removed_events') }} as removed_events
    inner join {{ event_analytics.current_removals() }} as removals
        on removed_events.removal_id = removals.removal_id
    group by removed_events.ingested_at
    {%- else %}
    select
        cast(null as {{ event_analytics.type_instant() }}) as ingested_at,
        0 as events
    where false
    {%- endif %}
{%- endmacro %}


{#- Whether removals leave nothing of what is kept of use: where the loader has forgotten of whom they were, and where
    as_of_date goes back before events of others, which then are in no report any more. -#}
{% macro nothing_is_of_use_after_removals() %}
    {%- if not event_analytics.removals_to_see_to() -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set forgotten -%}
        select 1
        from {{ event_analytics.loader_table('removals') }} as removals
        where
            removals.removal_id in (select removal_id from {{ event_analytics.current_removals() }})
            and removals.users <> (
                select count(*)
                from {{ event_analytics.loader_table('removed_users') }} as removed_users
                where removed_users.removal_id = removals.removal_id
            )
    {%- endset -%}
    {%- if run_query(forgotten).rows | length > 0 -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set sessions = event_analytics.kept_table(event_analytics.model_relation('fct_sessions')) -%}
    {%- if event_analytics.as_of_date() or load_cached_relation(sessions) is none -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set ahead -%}
        select 1
        from {{ sessions }} as sessions
        cross join (
            select
                {{ event_analytics.local_midnight(
                    event_analytics.add_days(event_analytics.local_date('latest_at'), 1)
                ) }} as reported_until
            from (
                select max(least(occurred_at, ingested_at)) as latest_at
                from {{ event_analytics.model_relation('stg_events') }}
            ) as latest
        ) as bounds
        where
            sessions.ended_at >= bounds.reported_until
            and sessions.user_id not in (
                select user_id from {{ event_analytics.model_relation('int_users_due') }}
            )
        limit 1
    {%- endset -%}
    {{- return(run_query(ahead).rows | length > 0) -}}
{% endmacro %}


{#- Whether a refresh computes users anew, and drops what is kept of them. -#}
{% macro users_are_due() %}
    {{- return(event_analytics.refreshing() and event_analytics.build_state()['users_are_due']) -}}
{% endmacro %}


{#- Whether events were taken out, so that the first and the last one may be others. -#}
{% macro events_are_gone() %}
    {{- return(
        event_analytics.is_built_on_what_is_kept() and event_analytics.build_state()['events_are_gone']
    ) -}}
{% endmacro %}


{#- The ids of the events of these users: those that are kept, by which the rest of each is found without a look
    through all events. What is not kept is of a delivery that is due. -#}
{% macro event_ids_of_users_due() -%}
    select kept.event_id
    from {{ event_analytics.kept_table(event_analytics.model_relation('fct_events')) }} as kept
    inner join {{ event_analytics.model_relation('int_users_due') }} as users_due
        on kept.user_id = users_due.user_id
{%- endmacro %}


{#- The names of all events that these users have or had, as event_name: a count of which rows can go, and which
    cannot be taken off it, is computed anew for these. -#}
{% macro event_names_of_users_due() -%}
    select event_users.event_name
    from {{ event_analytics.model_relation('fct_event_users') }} as event_users
    inner join {{ event_analytics.model_relation('int_users_due') }} as users_due
        on event_users.user_id = users_due.user_id
    union
    select changes.event_name
    from {{ event_analytics.changes_table(event_analytics.model_relation('fct_event_users')) }} as changes
    inner join {{ event_analytics.model_relation('int_users_due') }} as users_due
        on changes.user_id = users_due.user_id
{%- endmacro %}


{#- After a build: its removals are in what is kept, and nothing says any more whose they were, nor do statistics. -#}
{% macro forget_removals() %}
    {%- set is_ours = "'" ~ invocation_id ~ "' in (select build_id from " ~ event_analytics.current_build() ~ ")" %}
    {%- set users_due = event_analytics.model_relation('int_users_due') -%}
    {%- if run_query('select 1 from ' ~ users_due ~ ' limit 1').rows | length > 0 %}
            {{ event_analytics.empty_kept(users_due) }}
        {%- for node in event_analytics.refreshed_models() if node.config.materialized != 'step' %}
            {%- set relation = event_analytics.model_relation(node.name) %}
            {%- set kept = event_analytics.kept_table(relation) -%}
            {%- if node.config.materialized == 'fact' %}
                {%- set changes = event_analytics.changes_table(relation) %}
            drop table if exists {{ changes }};
            {{ event_analytics.create_table(
                changes, 'select kept.*, 1 as weight from ' ~ kept ~ ' as kept where false', lasts=false
            ) }};
            {%- endif %}
            {%- set analyze = event_analytics.analyze(kept) -%}
            {%- if analyze | trim %}
            {{ analyze }};
            {%- endif %}
        {%- endfor %}
    {%- endif %}
            insert into {{ event_analytics.kept_removals() }} (removal_id)
            select removal_id
            from {{ event_analytics.current_removals() }}
            where {{ is_ours }};
            delete from {{ event_analytics.current_removals() }}
            where {{ is_ours }};
{% endmacro %}
