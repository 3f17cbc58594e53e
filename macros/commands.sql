{#- What dbt's commands beside `dbt build` need, before anything changes. -#}

{#- Stops `dbt test` by itself where what the tests read has not been built, before each of them says so. -#}
{% macro require_built() %}
    {%- if execute and flags.WHICH == 'test' -%}
        {%- set read = [] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'test' and node.unique_id in selected_resources -%}
            {%- do read.extend(node.depends_on.nodes) -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- for name in read | unique | sort -%}
            {%- set node = graph.nodes.get(name, {}) -%}
            {%- if
                node.package_name == 'event_analytics'
                and node.resource_type in ('model', 'seed')
                and not event_analytics.is_deferred(node)
                and adapter.get_relation(node.database, node.schema, node.alias) is none
            -%}
                {%- do missing.append(node.schema ~ '.' ~ node.alias) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if missing -%}
            {{- exceptions.raise_compiler_error(
                "In the database of target '" ~ target.name ~ "' there is no " ~ missing[0]
                ~ (" and " ~ (missing | length - 1) ~ " more" if missing | length > 1 else "")
                ~ ", which these tests read. Run dbt build, which makes and tests all of it."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Whether --defer lets this command read a node in the place where another one has built it. -#}
{% macro is_deferred(node) %}
    {{- return(
        node.defer_relation
        and node.unique_id not in selected_resources
        and (
            invocation_args_dict.get('favor_state')
            or adapter.get_relation(node.database, node.schema, node.alias) is none
        )
    ) -}}
{% endmacro %}


{#- Stops a build with --defer that would compute something of what was new in the latest refresh of the place that
    it defers to: where roll-ups are kept, steps have no more. -#}
{% macro require_whole_steps() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- for node in event_analytics.project_models() if node.unique_id in selected_resources -%}
            {#- views between this model and a step are read where they were built, too -#}
            {%- set parents = node.depends_on.nodes | list -%}
            {%- for name in parents if name.startswith('model.event_analytics.') -%}
                {%- set parent = graph.nodes[name] -%}
                {%- set kind = parent.config.materialized -%}
                {%- if kind in ('view', 'step') and event_analytics.is_deferred(parent) -%}
                    {%- set there = parent.defer_relation -%}
                    {%- if
                        kind == 'step'
                        and adapter.get_relation(there.database, there.schema, there.alias ~ '__kept')
                        is not none
                    -%}
                        {{- exceptions.raise_compiler_error(
                            "--defer would let " ~ node.name ~ " be computed of " ~ there.schema ~ "."
                            ~ there.alias ~ ", which holds what was new in the latest refresh there, and no more. "
                            ~ "Build what it reads as well, with --select +" ~ node.name ~ "."
                        ) -}}
                    {%- endif -%}
                    {%- for above in parent.depends_on.nodes if above not in parents -%}
                        {%- do parents.append(above) -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
