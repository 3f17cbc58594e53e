{#- Facts and counts can be kept, so that a build computes again only what new events touch. The variable
    rollups says whether anything is kept at all. These are the configurations of what can be; what they do
    is in materializations.sql. -#}

{#- Whether facts and counts are kept on this target. -#}
{% macro facts_are_kept() %}
    {%- set setting = var('rollups') -%}
    {%- set chosen = setting.get(target.name, 'view') if setting is mapping else setting -%}
    {%- if chosen not in ('view', 'incremental') -%}
        {{- exceptions.raise_compiler_error(
            "The variable rollups is '" ~ chosen ~ "'; set it to view or incremental, or for each target "
            ~ "by its name: {duckdb: view, postgres: incremental}."
        ) -}}
    {%- endif -%}
    {%- if chosen == 'incremental' and not (var('event_columns') or {}).get('ingested_at', true) -%}
        {{- exceptions.raise_compiler_error(
            "The variable rollups is incremental, which goes by when each event arrived, but the variable "
            ~ "event_columns says that the events have no ingested_at; name a column that holds it, or set "
            ~ "rollups to view."
        ) -}}
    {%- endif -%}
    {{- return(chosen == 'incremental') -}}
{% endmacro %}


{#- A fact: rows of each user, told apart by key, whose columns are never null. What a refresh computes of it
    takes the place of what is kept. That is rows of the same key; where rows can also go, it is those that
    `where` finds for a row of the step `within`: a condition on kept and within, which the query has computed all
    rows of. index: the columns by which few rows are looked up, if not by the key. -#}
{% macro fact(key, within=none, where=none, index=none) %}
    {{- return({
        'materialized': 'fact',
        'docs': {'show': true, 'node_color': '#2a6fbb'},
        'meta': {'key': key, 'within': within, 'where': where, 'index': index or key},
    }) -}}
{% endmacro %}


{#- A count: numbers by a key, whose columns are never null. A build that goes on from the one before adds the
    sums of what has changed to what is kept, and drops a row whose sums are all 0. least and greatest are columns
    that new rows can only make less, or greater. -#}
{% macro count(key, sums=[], least=[], greatest=[]) %}
    {{- return({
        'materialized': 'count',
        'docs': {'show': true, 'node_color': '#e08a1e'},
        'meta': {'key': key, 'sums': sums, 'least': least, 'greatest': greatest},
    }) -}}
{% endmacro %}


{#- A summary: rows that each build computes anew of facts and counts, for who reads them often. -#}
{% macro summary() %}
    {{- return(event_analytics.count(key=none)) -}}
{% endmacro %}


{#- A step that several facts share in a refresh, and that is of no use once they are refreshed. in_both_modes:
    where nothing is kept, it is the same of all events. decides: how all others go about it. -#}
{% macro step(in_both_modes=false, decides=false) %}
    {{- return({
        'materialized': 'step',
        'enabled': in_both_modes or event_analytics.facts_are_kept(),
        'meta': {'decides': decides},
    }) -}}
{% endmacro %}
