{#- Where a database computes each step of a query once for each step that reads it, a chain of steps that are read
    twice takes twice as long with each link. So a query whose steps would be computed all too often is made of tables:
    each such step that is read more than once becomes one, until the query is done. -#}

{#- How many steps a query may have once each is written where it is read; none where the database computes a step
    once, or sees to it by itself. -#}
{% macro most_steps() %}
    {{- return(adapter.dispatch('most_steps', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__most_steps() %}
    {{- return(none) -}}
{% endmacro %}


{#- The query, in which the steps that are to be stored are read from tables, which have been made. -#}
{% macro with_stored_steps(query) %}
    {%- set stored = event_analytics.steps_to_store(query) -%}
    {%- if not stored -%}
        {{- return(query) -}}
    {%- endif -%}
    {%- set parts = event_analytics.query_parts(query) -%}
    {%- set known = [] -%}
    {%- for step in parts.steps -%}
        {%- if step.name in stored -%}
            {%- set table = event_analytics.stored_step(step.name) -%}
            {%- do run_query('drop table if exists ' ~ table) -%}
            {%- set all_steps = 'with ' ~ known | join(',\n') if known else '' -%}
            {%- do run_query(event_analytics.create_table(
                table, all_steps ~ '\nselect * from (' ~ step.query ~ '\n) as step', lasts=false
            )) -%}
            {%- do known.append(step.name ~ ' as (select * from ' ~ table ~ ')') -%}
        {%- else -%}
            {%- do known.append(step.name ~ ' as (' ~ step.query ~ '\n)') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return('with ' ~ known | join(',\n') ~ '\n' ~ parts.rest) -}}
{% endmacro %}


{#- After the query: what was stored for it. -#}
{% macro drop_stored_steps(query) %}
    {%- for name in event_analytics.steps_to_store(query) -%}
        {%- do run_query('drop table if exists ' ~ event_analytics.stored_step(name)) -%}
    {%- endfor -%}
{% endmacro %}


{#- The table of a step, of this model or unit test alone. -#}
{% macro stored_step(name) %}
    {{- return(this.incorporate(
        path={'identifier': 'step_' ~ local_md5(model.unique_id)[:8] ~ '_' ~ name}, type='table'
    )) -}}
{% endmacro %}


{#- The names of the steps of a query that are to be stored; none where all of them are not too many. -#}
{% macro steps_to_store(query) %}
    {%- if event_analytics.most_steps() is none -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set parts = event_analytics.query_parts(query) -%}
    {%- set sizes = {} -%}
    {%- set read = {} -%}
    {#- in how many steps it is, and how often it is read, if nothing is stored -#}
    {%- for step in parts.steps + [{'name': none, 'query': parts.rest}] -%}
        {%- set size = namespace(value=1) -%}
        {%- set names = event_analytics.steps_read(step.query) -%}
        {%- for name in names if name in sizes -%}
            {%- set size.value = size.value + sizes[name] -%}
            {%- do read.update({name: read[name] + 1}) -%}
        {%- endfor -%}
        {%- if step.name is none -%}
            {%- if size.value <= event_analytics.most_steps() -%}
                {{- return([]) -}}
            {%- endif -%}
        {%- else -%}
            {%- do sizes.update({step.name: size.value}) -%}
            {%- do read.update({step.name: 0}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set stored = [] -%}
    {%- for step in parts.steps -%}
        {%- if read[step.name] > 1 and sizes[step.name] > 1 -%}
            {%- do stored.append(step.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(stored) -}}
{% endmacro %}


{#- What a query reads, each name as often as it is read. -#}
{% macro steps_read(query) %}
    {%- set without_texts = modules.re.sub("'(?:[^'\\\\]|\\\\.)*'|--[^\n]*", ' ', query) -%}
    {{- return(modules.re.findall('(?i)\\b(?:from|join)\\s+([a-z_][a-z0-9_]*)\\b(?!\\s*\\.)', without_texts)) -}}
{% endmacro %}


{#- The steps of a query, each with its name and its query, and the rest of it. -#}
{% macro query_parts(query) %}
    {%- set parts = {'steps': [], 'rest': query} -%}
    {%- set begun = modules.re.match('(?:\\s|--[^\n]*)*with\\s', query) -%}
    {%- if not begun -%}
        {{- return(parts) -}}
    {%- endif -%}
    {%- set at = namespace(depth=0, name='', since=begun.end(), is_over=false) -%}
    {%- for token in modules.re.finditer("'(?:[^'\\\\]|\\\\.)*'|--[^\n]*|[()]", query) -%}
        {%- if not at.is_over and token.start() >= begun.end() -%}
            {%- if token.group() == '(' -%}
                {%- if at.depth == 0 -%}
                    {%- set header = modules.re.sub('--[^\n]*', ' ', query[at.since:token.start()]) -%}
                    {%- set named = modules.re.match('\\s*,?\\s*([A-Za-z_][A-Za-z0-9_]*)\\s+as\\s*$', header) -%}
                    {%- if named -%}
                        {%- set at.name = named.group(1) -%}
                        {%- set at.since = token.end() -%}
                    {%- else -%}
                        {%- set at.is_over = true -%}
                    {%- endif -%}
                {%- endif -%}
                {%- set at.depth = at.depth + 1 -%}
            {%- elif token.group() == ')' -%}
                {%- set at.depth = at.depth - 1 -%}
                {%- if at.depth == 0 -%}
                    {%- do parts.steps.append({'name': at.name, 'query': query[at.since:token.start()]}) -%}
                    {%- set at.since = token.end() -%}
                {%- endif -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do parts.update({'rest': query[at.since:]}) -%}
    {{- return(parts) -}}
{% endmacro %}
