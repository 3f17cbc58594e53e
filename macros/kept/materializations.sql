{#- How facts, counts and steps are made. Each is a view by its name; where it is kept, it reads a table beside
    it. So nobody's view over it is lost when it begins to be kept, is made anew, or is given up. -#}

{% materialization fact, default %}
    {{- run_hooks(pre_hooks) -}}
    {%- if event_analytics.makes_anew() -%}
        {{- event_analytics.make_anew(
            this, compiled_code, index=config.get('meta')['index'], with_changes=false
        ) -}}
    {%- elif not event_analytics.keeps() -%}
        {{- event_analytics.keep_nothing(this, compiled_code) -}}
    {%- else -%}
        {{- event_analytics.start_step() -}}
        {%- if not event_analytics.refreshing() -%}
            {{- event_analytics.make_anew(this, compiled_code, index=config.get('meta')['index']) -}}
        {%- else -%}
            {{- event_analytics.replace_what_changed(this, compiled_code) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(event_analytics.finish(this)) -}}
{% endmaterialization %}


{% materialization count, default %}
    {{- run_hooks(pre_hooks) -}}
    {%- if event_analytics.makes_anew() -%}
        {{- event_analytics.make_anew(this, compiled_code, with_changes=false) -}}
    {%- elif not event_analytics.keeps() -%}
        {{- event_analytics.keep_nothing(this, compiled_code) -}}
    {%- else -%}
        {{- event_analytics.start_step() -}}
        {%- if not event_analytics.goes_on() -%}
            {{- event_analytics.make_anew(this, compiled_code, with_changes=false) -}}
        {%- elif event_analytics.build_state()['nothing_is_due'] -%}
            {{- event_analytics.nothing_to_do() -}}
        {%- elif config.get('meta')['key'] is none -%}
            {{- event_analytics.replace_all(this, compiled_code) -}}
        {%- else -%}
            {{- event_analytics.add_what_changed(this, compiled_code) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(event_analytics.finish(this)) -}}
{% endmaterialization %}


{#- What nobody needs before a refresh is only described by a view. -#}
{% materialization step, default %}
    {{- run_hooks(pre_hooks) -}}
    {%- if config.get('meta')['stored'] and not event_analytics.keeps() and not flags.EMPTY -%}
        {{- event_analytics.make_anew(this, compiled_code, with_changes=false) -}}
    {%- elif not event_analytics.keeps() -%}
        {{- event_analytics.keep_nothing(this, compiled_code) -}}
    {%- else -%}
        {{- event_analytics.start_step() -}}
        {%- if config.get('meta')['decides'] or event_analytics.refreshing() -%}
            {{- event_analytics.make_anew(
                this, compiled_code, with_changes=false, lasts=config.get('meta')['decides']
            ) -}}
        {%- else -%}
            {{- event_analytics.give_up(this, compiled_code) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(event_analytics.finish(this)) -}}
{% endmaterialization %}


{#- Whether this build makes a table of each fact and count anew. One with --empty only tries the queries. -#}
{% macro makes_anew() %}
    {{- return(event_analytics.rebuilds() and not flags.EMPTY) -}}
{% endmacro %}


{#- The table of what is kept of a fact or count. -#}
{% macro kept_table(relation) -%}
    {{- return(relation.incorporate(
        path={'identifier': relation.identifier ~ '__kept'}, type='table'
    )) -}}
{%- endmacro %}


{#- The table of what a refresh has changed in a fact: its columns, and weight: 1 for a row that is there now,
    -1 for one that is not any more. -#}
{% macro changes_table(relation) -%}
    {{- return(relation.incorporate(
        path={'identifier': relation.identifier ~ '__changes'}, type='table'
    )) -}}
{%- endmacro %}


{#- Where a build keeps nothing: a view of the query. What earlier builds have kept is left as it is by a build with
    --empty, which only tries the query. -#}
{% macro keep_nothing(relation, query) %}
    {%- if
        (event_analytics.facts_are_stored() or config.get('meta')['stored'])
        and load_cached_relation(relation) is not none
        and load_cached_relation(event_analytics.kept_table(relation)) is not none
    -%}
        {%- call statement('main') -%}
            select *
            from (
                {{ query }}
            ) as tried
            limit 0
        {%- endcall -%}
    {%- else -%}
        {{- event_analytics.give_up(relation, query) -}}
    {%- endif -%}
{% endmacro %}


{#- A view of the query, in the place of any table that was kept. -#}
{% macro give_up(relation, query) %}
    {%- call statement('main') -%}
        {{ event_analytics.show_by_view(relation, query) }}
    {%- endcall -%}
    {{- event_analytics.drop_kept(relation) -}}
{% endmacro %}


{#- Drops what was kept of a model, which no view reads any more. -#}
{% macro drop_kept(relation) %}
    {%- for table in (event_analytics.kept_table(relation), event_analytics.changes_table(relation)) -%}
        {%- if load_cached_relation(table) is not none -%}
            {%- do run_query('drop table if exists ' ~ table) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- A table of all rows of the query, in the place of the one that was kept. Readers wait for neither. -#}
{% macro make_anew(relation, query, index=none, with_changes=true, lasts=true) %}
    {%- set kept = event_analytics.kept_table(relation) -%}
    {%- set made = event_analytics.made_table(relation) -%}
    {%- do run_query('drop table if exists ' ~ made) -%}
    {%- call statement('main') -%}
        {{ event_analytics.create_table(made, query, lasts) }}
    {%- endcall -%}
    {%- do event_analytics.drop_stored_steps(query) -%}
    {%- if index -%}
        {%- do event_analytics.run(event_analytics.create_index(made, index)) -%}
    {%- endif -%}
    {%- do event_analytics.run(event_analytics.analyze(made)) -%}
    {%- do event_analytics.swap_tables(relation, made, kept) -%}
    {%- if with_changes -%}
        {%- set changes = event_analytics.changes_table(relation) -%}
        {%- do run_query('drop table if exists ' ~ changes) -%}
        {%- do run_query(event_analytics.create_table(
            changes, 'select kept.*, 1 as weight from ' ~ kept ~ ' as kept where false', lasts=false
        )) -%}
    {%- endif -%}
{% endmacro %}


{#- Computes the rows of a fact that new events touch, writes down which differ from those that are kept, and puts
    these in the place of those. -#}
{% macro replace_what_changed(fact, query) %}
    {%- set meta = config.get('meta') -%}
    {%- set kept = event_analytics.kept_table(fact) -%}
    {%- set changes = event_analytics.changes_table(fact) -%}
    {%- do event_analytics.run(event_analytics.truncate(changes)) -%}
    {%- if event_analytics.build_state()['nothing_is_due'] -%}
        {{- event_analytics.nothing_to_do() -}}
        {{- return('') -}}
    {%- endif -%}
    {%- set now = event_analytics.passing_table(fact, '__now', query) -%}
    {%- set names = adapter.get_columns_in_relation(kept) | map(attribute='quoted') | list -%}
    {%- set columns = names | join(', ') -%}
    {%- set was = event_analytics.passing_table(fact, '__was') -%}
    {%- call statement('was') -%}
        create temporary table {{ was }} as
        select kept.*
        from {{ kept }} as kept
        {%- if meta['within'] %}
        inner join {{ event_analytics.project_model(meta['within']).relation_name }} as within
            on {{ meta['where'] }}
        {%- elif meta['key'] %}
        inner join {{ now }} as now
            on {{ event_analytics.same_key('kept', 'now', meta['key']) }}
        {%- endif %}
        {%- if 'user_id' in meta['key'] and event_analytics.users_are_due() %}
        union
        select kept.*
        from {{ kept }} as kept
        inner join {{ event_analytics.model_relation('int_users_due') }} as users_due
            on kept.user_id = users_due.user_id
        {%- endif %}
    {%- endcall -%}
    {%- call statement('main') -%}
        insert into {{ changes }} ({{ columns }}, weight)
        select {{ columns }}, 1 as weight
        from (select {{ columns }} from {{ now }} except select {{ columns }} from {{ was }}) as added
        union all
        select {{ columns }}, -1 as weight
        from (select {{ columns }} from {{ was }} except select {{ columns }} from {{ now }}) as removed
    {%- endcall -%}
    {%- do event_analytics.run(event_analytics.analyze(changes)) -%}
    {%- call statement('removed') -%}
        delete from {{ kept }} as kept
        using {{ changes }} as changes
        where
            changes.weight = -1
            and {{ event_analytics.same_key('kept', 'changes', meta['key']) }}
    {%- endcall -%}
    {%- call statement('added') -%}
        insert into {{ kept }} ({{ columns }})
        select {{ columns }} from {{ changes }} where weight = 1
    {%- endcall -%}
    {%- do run_query('drop table ' ~ was) -%}
    {%- do run_query('drop table ' ~ now) -%}
    {%- do event_analytics.run(event_analytics.analyze_changed(kept)) -%}
{% endmacro %}


{#- Adds to the kept counts what the query says that changed. -#}
{% macro add_what_changed(count, query) %}
    {%- set meta = config.get('meta') -%}
    {%- set kept = event_analytics.kept_table(count) -%}
    {%- set changed = event_analytics.passing_table(count, '__changed', query) -%}
    {%- set same_key = event_analytics.same_key('kept', 'changed', meta['key']) -%}
    {%- set now = event_analytics.passing_table(count, '__now') -%}
    {%- if event_analytics.recounts() -%}
        {%- do run_query(
            'delete from ' ~ kept ~ ' where ' ~ meta['recounted_by'] ~ ' in ('
            ~ event_analytics.event_names_of_users_due() ~ ')'
        ) -%}
    {%- endif -%}
    {%- set columns = meta['key'] + meta['sums'] + meta['least'] + meta['greatest'] -%}
    {%- call statement('now') -%}
        create temporary table {{ now }} as
        select
            {%- for name in columns %}
            {% if name in meta['key'] -%}
            changed.{{ name }}
            {%- elif name in meta['sums'] -%}
            changed.{{ name }} + coalesce(kept.{{ name }}, 0)
            {%- else -%}
            {{ 'least' if name in meta['least'] else 'greatest' }}(changed.{{ name }}, kept.{{ name }})
            {%- endif %} as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ changed }} as changed
        left join {{ kept }} as kept on {{ same_key }}
    {%- endcall -%}
    {%- call statement('removed') -%}
        delete from {{ kept }} as kept using {{ changed }} as changed where {{ same_key }}
    {%- endcall -%}
    {%- call statement('main') -%}
        insert into {{ kept }} ({{ columns | join(', ') }})
        select {{ columns | join(', ') }}
        from {{ now }}
        {%- if meta['sums'] %}
        where {% for name in meta['sums'] %}{{ 'or ' if not loop.first }}{{ name }} <> 0 {% endfor %}
        {%- endif %}
    {%- endcall -%}
    {%- do run_query('drop table ' ~ changed) -%}
    {%- do run_query('drop table ' ~ now) -%}
    {%- do event_analytics.run(event_analytics.analyze_changed(kept)) -%}
{% endmacro %}


{#- Puts the rows of the query in the place of those that are there. Whoever reads the few that a summary has is
    not kept waiting. -#}
{% macro replace_all(summary, query) %}
    {%- set kept = event_analytics.kept_table(summary) -%}
    {%- set now = event_analytics.passing_table(summary, '__now', query) -%}
    {%- do run_query('delete from ' ~ kept) -%}
    {%- call statement('main') -%}
        insert into {{ kept }} select * from {{ now }}
    {%- endcall -%}
    {%- do run_query('drop table ' ~ now) -%}
{% endmacro %}


{#- The name of a table that lasts as long as the refresh of this model; of the rows of a query, if there is one. -#}
{% macro passing_table(relation, suffix, query=none) %}
    {%- set table = relation.identifier ~ suffix -%}
    {%- do run_query('drop table if exists ' ~ table) -%}
    {%- if query -%}
        {%- do run_query('create temporary table ' ~ table ~ ' as ' ~ query) -%}
        {%- do event_analytics.run(event_analytics.analyze(table)) -%}
    {%- endif -%}
    {{- return(table) -}}
{% endmacro %}


{#- What each materialization ends with. -#}
{% macro finish(relation) %}
    {%- set view = relation.incorporate(type='view') -%}
    {#- a refresh leaves descriptions to `dbt build`, as they would take most of its time -#}
    {%- if flags.WHICH == 'build' or not event_analytics.facts_are_kept() -%}
        {%- do persist_docs(view, model) -%}
    {%- endif -%}
    {{- run_hooks(post_hooks) -}}
    {%- do adapter.commit() -%}
    {{- return({'relations': [view]}) -}}
{% endmacro %}


{#- dbt asks every model for the result of a statement `main`. -#}
{% macro nothing_to_do() %}
    {%- do store_raw_result('main', message='NOTHING NEW', code='NOTHING NEW', rows_affected=none) -%}
{% endmacro %}


{#- Runs a statement, if it says anything. -#}
{% macro run(statement) %}
    {%- if statement | trim -%}
        {%- do run_query(statement) -%}
    {%- endif -%}
{% endmacro %}
