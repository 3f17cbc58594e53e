{#- How what is due takes the place of what is kept, within one transaction. -#}

{#- Empties a roll-up of other definitions, of which nothing may be left. -#}
{% macro forget_obsolete() %}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where not exists (
            select 1
            from {{ event_analytics.project_model('int_event_batches').relation_name }} as batches
            where not batches.everything_is_due
        )
    {%- endif -%}
{% endmacro %}


{#- Takes what is computed again out of a roll-up. -#}
{% macro forget_due(key, due) %}
    {%- if is_incremental() -%}
        {{- event_analytics.forget_obsolete() -}};
        delete from {{ this }}
        where {{ key }} in (select due.{{ key }} from {{ due }} as due)
    {%- endif -%}
{% endmacro %}


{#- Takes sessions that are computed again out of a roll-up: by the span of time, since sessions that are
    one by now may still be two in it, after a build that failed. -#}
{% macro forget_due_sessions(due_sessions) %}
    {%- if is_incremental() -%}
        {{- event_analytics.forget_obsolete() -}};
        delete from {{ this }}
        using {{ due_sessions }} as due
        where
            {{ this }}.user_id = due.user_id
            and {{ this }}.session_date = due.event_date
            and {{ this }}.started_at >= due.started_at
            and {{ this }}.started_at <= due.ended_at
    {%- endif -%}
{% endmacro %}


{#- Takes the attempts of users out of a roll-up that are computed again: those that began since due_since. -#}
{% macro forget_due_attempts(due_users) %}
    {%- if is_incremental() -%}
        {{- event_analytics.forget_obsolete() -}};
        delete from {{ this }}
        using {{ due_users }} as due
        where
            {{ this }}.user_id = due.user_id
            and {{ this }}.started_at >= due.due_since
    {%- endif -%}
{% endmacro %}


{#- Empties a table that is computed anew; whoever reads it meanwhile reads what was there. -#}
{% macro forget_everything() %}
    {%- if is_incremental() -%}
        delete from {{ this }}
    {%- endif -%}
{% endmacro %}


{#- Empties a table that is computed anew and that only builds read. -#}
{% macro truncate() %}
    {%- if is_incremental() -%}
        truncate table {{ this }}
    {%- endif -%}
{% endmacro %}


{#- What an earlier build has kept of a roll-up, for models from which that roll-up is computed; none if
    there is nothing yet, or if everything is due. -#}
{% macro kept_rollup(name) %}
    {%- if execute and event_analytics.rollups_are_kept() -%}
        {%- set model = event_analytics.project_model(name) -%}
        {%- set relation = adapter.get_relation(model.database, model.schema, model.alias) -%}
        {%- if
            relation is not none and relation.type == 'table' and not event_analytics.everything_is_due()
        -%}
            {{- return(relation) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}


{#- Whether nothing that an earlier build has kept is of use to this one; known once int_event_batches is
    built. -#}
{% macro everything_is_due() %}
    {%- set batches = event_analytics.project_model('int_event_batches') -%}
    {%- set relation = adapter.get_relation(batches.database, batches.schema, batches.alias) -%}
    {%- if relation is none -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set query = 'select count(*) from ' ~ relation ~ ' where not everything_is_due' -%}
    {{- return(run_query(query).columns[0].values()[0] == 0) -}}
{% endmacro %}


{#- Empties a summary that this build computes from all that is kept, and not from what changes. -#}
{% macro forget_unless_going_on() %}
    {%- if is_incremental() and not event_analytics.goes_on() -%}
        delete from {{ this }}
    {%- endif -%}
{% endmacro %}


{#- The rows of a counted_summary with this key and these counts, from a relation `counted`: its rows or, of a
    build that goes on, those of its rows that change a count, added to what is kept. -#}
{% macro brought_up_to_date(key, counts, going_on) -%}
    {%- if going_on -%}
    select
        {%- for column in key %}
        counted.{{ column }},
        {%- endfor %}
        {%- for count in counts %}
        counted.{{ count }} + coalesce(kept.{{ count }}, 0) as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    left join {{ this }} as kept
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}counted.{{ column }} = kept.{{ column }}
            {%- endfor %}
    where
        {%- for count in counts %}
        {{ 'or ' if not loop.first }}counted.{{ count }} <> 0
        {%- endfor %}
    {%- else -%}
    select * from counted
    {%- endif -%}
{%- endmacro %}
