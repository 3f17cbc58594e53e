{#- Before a command that loads seeds or builds views: ends it if any definition is wrong, with a sentence for each
    fault, while nothing has changed that anybody reads. Of seeds that it loads, the files are looked at; if they are
    right, their rows take the place of those in the tables, all in one transaction, so that nobody finds some of
    the new definitions beside some of the old ones. Then each seed loads the same once more (load_rows). -#}
{% macro take_definitions() %}
    {%- if execute and event_analytics.is_any_due() -%}
        {%- do graph.pop('event_analytics_refused', none) -%}
        {%- set definitions = {} -%}
        {%- set faults = [] -%}
        {%- set from_files = [] -%}
        {%- set loads = [] -%}
        {%- for name, seed in event_analytics.definition_seeds().items() if seed -%}
            {%- set table = adapter.get_relation(seed.database, seed.schema, seed.alias) -%}
            {#- dbt names nothing when it tries again: then all of them, so that a mended one is seen -#}
            {%- set is_loaded = flags.WHICH != 'run'
                and (not selected_resources or seed.unique_id in selected_resources) -%}
            {%- if table is not none and not is_loaded -%}
                {%- do definitions.update({name: table}) -%}
            {%- else -%}
                {%- set read = event_analytics.read_seed(seed) -%}
                {%- do from_files.append(name) -%}
                {%- do faults.extend(read.faults) -%}
                {%- do definitions.update({name: '(' ~ event_analytics.query_of_rows(seed, read) ~ ')'}) -%}
                {%- if table is not none -%}
                    {%- do loads.append(event_analytics.replace_rows(seed, read, table)) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not faults and event_analytics.may_be_wrong(definitions, from_files) -%}
            {%- set found = run_query(
                'select message from (' ~ event_analytics.definition_errors(definitions) ~ ') as found order by message'
            ) -%}
            {%- do faults.extend(found.columns[0].values()) -%}
        {%- endif -%}
        {%- if faults -%}
            {{- event_analytics.refuse('No definition has taken effect:\n' ~ faults | join('\n')) -}}
        {%- elif loads -%}
            {%- do event_analytics.run_together(loads) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Whether a rule may be broken, of definitions by their names, some from files. What is in tables has been found
    right when it was loaded, so that it is only for a variable that it can be wrong. Where a definition is no seed,
    it is int_definition_errors that looks at all of them, once it is built. -#}
{% macro may_be_wrong(definitions, from_files) %}
    {%- if definitions | length < event_analytics.definition_seeds() | length -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- if from_files
        or 'model.event_analytics.int_definition_errors' in event_analytics.selected_models() -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set steps = run_query('select max(step) from ' ~ definitions['funnel_steps'] ~ ' as funnel_steps') -%}
    {{- return((steps.rows[0][0] or 0) > event_analytics.whole_number('max_funnel_steps', 1)) -}}
{% endmacro %}


{#- Whether this command loads a definition or builds a model of this project. -#}
{% macro is_any_due() %}
    {%- set nodes = event_analytics.definition_seeds().values() | select | list -%}
    {%- if flags.WHICH != 'seed' -%}
        {%- do nodes.extend(event_analytics.project_models()) -%}
    {%- endif -%}
    {%- set selected = nodes | selectattr('unique_id', 'in', selected_resources) | list -%}
    {{- return(flags.WHICH in ('run', 'build', 'seed') and (selected or not selected_resources)) -}}
{% endmacro %}


{#- Ends a command at its start, by a hook that says the text: a statement that fails. dbt goes on all the same, but
    no seed is loaded and no model built (stop_if_refused), and dbt writes that down, so that `dbt retry` does all of
    it. An exception would end all at once, and `dbt retry` would go by the command before. -#}
{% macro refuse(text) %}
    {%- do graph.update({'event_analytics_refused': true}) -%}
    {{- return(event_analytics.failing_statement(text)) -}}
{% endmacro %}


{#- Before each seed that is loaded and each model that is built: ends it if the command was refused at its start. -#}
{% macro stop_if_refused() %}
    {%- if execute and graph.event_analytics_refused and flags.WHICH in ('run', 'build', 'seed')
        and model.resource_type in ('model', 'seed') -%}
        {{- exceptions.raise_compiler_error("Some definition is wrong, as was said when the command began.") -}}
    {%- endif -%}
{% endmacro %}


{#- Runs statements that end in semicolons, all of them or none. -#}
{% macro run_together(statements) %}
    {{- return(adapter.dispatch('run_together', 'event_analytics')(statements)) -}}
{% endmacro %}

{% macro default__run_together(statements) %}
    {%- call statement('loads', auto_begin=true) -%}
        {{ statements | join('\n') }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
{% endmacro %}


{#- Statements that put what was read of a seed into its table. -#}
{% macro replace_rows(seed, read, table) %}
    {{- return(adapter.dispatch('replace_rows', 'event_analytics')(seed, read, table)) -}}
{% endmacro %}

{% macro default__replace_rows(seed, read, table) -%}
    {{ event_analytics.keep_from_changing(table, alone=true) }}
    delete from {{ table }};
    insert into {{ table }} ({{ read.columns | join(', ') }})
    {{ event_analytics.query_of_rows(seed, read) }};
{%- endmacro %}


{#- In place of what dbt or its adapter has made of a seed's file, what stands there: after each seed is loaded. -#}
{% macro load_rows(table) %}
    {%- if execute -%}
        {%- set read = event_analytics.read_seed(model) -%}
        {%- if read.faults -%}
            {{- exceptions.raise_compiler_error(read.faults | join('\n')) -}}
        {%- endif -%}
        {{ event_analytics.replace_rows(model, read, table) }}
        {{ event_analytics.analyze(table) }}
    {%- endif -%}
{% endmacro %}


{#- Stops the build with one sentence per row of int_definition_errors. Everything that reads a definition depends
    on that model. It finds what take_definitions cannot look at: a model in the place of a seed. -#}
{% macro raise_definition_errors(relation) %}
    {%- if execute -%}
        {%- set errors = run_query('select message from ' ~ relation ~ ' order by message') -%}
        {%- if errors.rows | length > 0 -%}
            {{- exceptions.raise_compiler_error(errors.columns[0].values() | join('\n')) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- What a test of int_definition_warnings, int_event_warnings or int_identity_warnings finds. While it runs, the sentences are asked
    for once and become values in its SQL, so that whoever shows them later need not read the events again. -#}
{% macro build_warnings(relation) %}
    {%- set query = 'select message from ' ~ relation ~ ' order by message' -%}
    {%- if execute and flags.WHICH in ('build', 'test') -%}
        {{- event_analytics.text_rows(run_query(query).columns[0].values(), 'message') -}}
    {%- else -%}
        {{- query -}}
    {%- endif -%}
{% endmacro %}


{#- At the end, where people look: each sentence of the tests that call build_warnings. -#}
{% macro show_build_warnings(results) %}
    {%- if execute -%}
        {%- for result in results
            if result.status == 'warn' and result.node.unique_id in (
                'test.event_analytics.definitions_name_events_that_happen',
                'test.event_analytics.events_are_what_reports_are_made_for',
                'test.event_analytics.events_of_one_id_are_alike',
                'test.event_analytics.ids_are_merged_into_persons_of_few',
            ) -%}
            {%- for message in run_query(result.node.compiled_code).columns[0].values() -%}
                {%- do exceptions.warn(message) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do event_analytics.show_old_views(results) -%}
{% endmacro %}


{#- Stops a run that has no table of events to read, before every model says so in its own way. -#}
{% macro require_events() %}
    {%- if execute and flags.WHICH in ('run', 'build') and not var('events_model') -%}
        {%- set events = graph.sources.values()
            | selectattr('package_name', 'equalto', 'event_analytics')
            | selectattr('name', 'equalto', 'events') | first -%}
        {%- if adapter.get_relation(events.database, events.schema, events.identifier) is none -%}
            {{- exceptions.raise_compiler_error(
                "There is no table " ~ events.schema ~ "." ~ events.identifier ~ " in the database of target '"
                ~ target.name ~ "'. Create it with `loader init --target " ~ target.name
                ~ (" --org " ~ var('org') if var('org') else "")
                ~ "`, or name your own in the variables raw_schema and events_table."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
