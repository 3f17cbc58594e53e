{#- How models read what is kept. -#}

{#- In the query of a fact: what is kept of it, which a refresh puts together with what is new, as what stands after
    `from`; none where all of it is computed anew. -#}
{% macro kept_rows() %}
    {%- if not event_analytics.refreshing() -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(event_analytics.kept_rows_of(this, config.get('meta')['key'])) -}}
{% endmacro %}


{#- The same of any fact, by its relation: without users of whom all is computed anew. -#}
{% macro kept_rows_of(relation, key=['user_id']) %}
    {%- set kept = event_analytics.kept_table(relation) -%}
    {%- if 'user_id' not in key or not event_analytics.users_are_due() -%}
        {{- return(kept) -}}
    {%- endif -%}
    {{- return(
        '(select * from ' ~ kept ~ ' where user_id not in (select user_id from '
        ~ event_analytics.model_relation('int_users_due') ~ '))'
    ) -}}
{% endmacro %}


{#- Says, while dbt reads the project, which models a refresh reads here, since dbt has to know of all. -#}
{% macro may_read(names) %}
    {%- if not execute and event_analytics.facts_are_kept() -%}
        {%- for name in names -%}
            {%- do ref(name) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- The door between facts and counts: rows of a fact with a weight. All of them with a weight of 1 or, in a build
    that goes on from where the one before ended, those that are there now with 1, and those that were with -1.
    What is counted as sum(weight) is right either way. -#}
{% macro facts(name, columns) -%}
    {%- set recount = event_analytics.recounts() -%}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {%- if event_analytics.goes_on() %}
        weight
    from {{ event_analytics.changes_table(ref(name)) }}
            {%- if recount %}
    where event_name not in ({{ event_analytics.event_names_of_users_due() }})
    union all
    select
                {%- for column in columns %}
        {{ column }},
                {%- endfor %}
        1 as weight
    from {{ ref(name) }}
    where event_name in ({{ event_analytics.event_names_of_users_due() }})
            {%- endif %}
        {%- else %}
        1 as weight
    from {{ ref(name) }}
        {%- endif %}
{%- endmacro %}


{#- Whether a count, in a build that goes on, has rows that it computes anew and does not add to: those of event names
    of which events may have gone, where what has gone cannot be taken off (see count()). -#}
{% macro recounts() %}
    {%- if config.get('meta') and config.get('meta')['recounted_by'] -%}
        {{- return(event_analytics.goes_on() and event_analytics.users_are_due()) -}}
    {%- endif -%}
    {{- return(false) -}}
{% endmacro %}


{#- The same for reports on all users and on the users of each value of each segment, with breakdown, segment and
    segment_value (see breakdowns.sql): what has changed of a user counts under the value that the build before
    has counted the user under; and with the value, all that there is of a user moves to another one. -#}
{% macro facts_by_segment(name, columns) -%}
    {%- if not event_analytics.goes_on() -%}
    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value
        {%- for column in columns %},
        {{ column }}
        {%- endfor %},
        1 as weight
    from {{ ref(name) }}
    union all
    {#- The join lies deeper than the constant, by which a report on all users does without it. #}
    select
        'segment' as breakdown,
        *,
        1 as weight
    from ({{ event_analytics.with_segment_values(ref(name), columns) }}) as with_values
    {%- else -%}
    {%- set moves -%}
        (
            select
                user_id,
                segment,
                max(case when weight = -1 then segment_value end) as old_value,
                max(case when weight = 1 then segment_value end) as new_value
            from {{ event_analytics.changes_table(ref('fct_user_segments')) }}
            group by
                user_id,
                segment
        )
    {%- endset -%}
    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value
        {%- for column in columns %},
        {{ column }}
        {%- endfor %},
        weight
    from {{ event_analytics.changes_table(ref(name)) }}
    union all
    select
        'segment' as breakdown,
        user_segments.segment as segment,
        coalesce(moves.old_value, user_segments.segment_value) as segment_value
        {%- for column in columns %},
        changes.{{ column }} as {{ column }}
        {%- endfor %},
        changes.weight as weight
    from {{ event_analytics.changes_table(ref(name)) }} as changes
    inner join (
        select
            user_id,
            segment,
            segment_value
        from {{ ref('fct_user_segments') }}
        union all
        -- users of whom nothing is left
        select
            user_id,
            segment,
            old_value as segment_value
        from {{ moves }} as moves_away
        where new_value is null
    ) as user_segments
        on changes.user_id = user_segments.user_id
    left join {{ moves }} as moves
        on
            user_segments.user_id = moves.user_id
            and user_segments.segment = moves.segment
    {%- for value, weight in [('old_value', -1), ('new_value', 1)] %}
    union all
    select
        'segment' as breakdown,
        moves.segment as segment,
        moves.{{ value }} as segment_value
        {%- for column in columns %},
        moved.{{ column }} as {{ column }}
        {%- endfor %},
        {{ weight }} as weight
    from {{ ref(name) }} as moved
    inner join {{ moves }} as moves
        on
            moved.user_id = moves.user_id
            and moves.old_value <> moves.new_value
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}


{#- Of whom something has changed in some facts, or all is computed anew, as user_id; of which facts, a build can know
    only if it goes on, otherwise it is all users of whom something arrived. Without users of whom nothing is left. -#}
{% macro changed_users(facts) -%}
    {%- do event_analytics.may_read(facts + ['int_touched_users', 'int_users_due']) -%}
    {%- if event_analytics.goes_on() -%}
        {%- for fact in facts %}
    select user_id
    from {{ event_analytics.changes_table(ref(fact)) }}
            {%- if event_analytics.users_are_due() %}
    where user_id not in (select user_id from {{ ref('int_users_due') }})
            {%- endif %}
            {%- if not loop.last %}
    union
            {%- endif %}
        {%- endfor %}
        {%- if event_analytics.users_are_due() %}
    union
    select users_due.user_id
    from {{ ref('int_users_due') }} as users_due
    inner join {{ ref('int_touched_users') }} as touched_users
        on users_due.user_id = touched_users.user_id
        {%- endif %}
    {%- else -%}
    select user_id
    from {{ ref('int_touched_users') }}
    {%- endif -%}
{%- endmacro %}


{#- Since when a delivery may have arrived that is not kept, as a literal; definitions: a query of those that are to
    hold, since what is kept by others is of no use. -#}
{% macro first_unsettled_delivery(definitions, anew=false) -%}
    {%- set query -%}
        select cast(least(
            {{ event_analytics.unsettled_since('max(ingested_at)') }},
            min(case when events is null then ingested_at end)
        ) as {{ dbt.type_string() }})
        from {{ event_analytics.kept_deliveries() }}
        where definitions = ({{ definitions }})
    {%- endset -%}
    {%- set since = none -%}
    {%- if event_analytics.keeps() and not flags.FULL_REFRESH and not anew -%}
        {%- set since = run_query(query).columns[0].values()[0] -%}
    {%- endif -%}
    cast('{{ since or '-infinity' }}' as timestamp with time zone)
{%- endmacro %}


{#- The earliest delivery that is due, as a literal, from which the database knows which parts of the events it
    need not read. -#}
{% macro first_due_delivery() -%}
    {%- set query -%}
        select cast(coalesce(min(ingested_at), 'infinity') as {{ dbt.type_string() }})
        from {{ event_analytics.model_relation('int_deliveries') }}
        where is_due
    {%- endset -%}
    cast('{{ run_query(query).columns[0].values()[0] }}' as timestamp with time zone)
{%- endmacro %}


{#- The door between the events themselves and counts of what facts do not keep of them: some columns of all
    events or, in a build that goes on, of those that were not counted yet. -#}
{% macro new_events(columns) -%}
    {%- do event_analytics.may_read(['int_arrivals', 'fct_events', 'int_events', 'fct_event_users']) -%}
    {%- if event_analytics.goes_on() -%}
    select
        {%- for column in columns %}
        events.{{ column }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_arrivals') }} as events
    inner join (
        select event_id
        from {{ event_analytics.changes_table(ref('fct_events')) }}
        group by event_id
        having sum(weight) > 0
    ) as uncounted
        on events.event_id = uncounted.event_id
        {%- if event_analytics.recounts() %}
    where events.event_name not in ({{ event_analytics.event_names_of_users_due() }})
    union all
    select
            {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
    from {{ ref('int_events') }}
    where event_name in ({{ event_analytics.event_names_of_users_due() }})
        {%- endif %}
    {%- else -%}
    select
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_arrivals' if event_analytics.stores_events() else 'int_events') }}
    {%- endif -%}
{%- endmacro %}
