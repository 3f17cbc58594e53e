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
    {#- where all is made anew, that is the same as what would have been kept -#}
    {{- return(chosen == 'incremental' and not event_analytics.rebuilds()) -}}
{% endmacro %}


{#- Whether each build makes all facts and counts anew, as tables: on engines that read a view over views over views
    slowly, and do not keep what earlier builds have computed. -#}
{% macro rebuilds() %}
    {{- return(adapter.dispatch('rebuilds', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__rebuilds() %}
    {{- return(false) -}}
{% endmacro %}


{#- Whether facts and counts are tables, which many may read at no cost: kept, or made anew by each build. -#}
{% macro facts_are_stored() %}
    {{- return(event_analytics.facts_are_kept() or event_analytics.rebuilds()) -}}
{% endmacro %}


{#- Whether a build that makes all anew stores the events, with their persons and each once, before all that is made of
    them: where it takes longer to find that out again for each fact. -#}
{% macro stores_events() %}
    {{- return(adapter.dispatch('stores_events', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__stores_events() %}
    {{- return(false) -}}
{% endmacro %}


{#- Whether this build computes what is kept. One with --empty only tries the queries: see keep_nothing(). -#}
{% macro keeps() %}
    {{- return(
        execute
        and event_analytics.facts_are_kept()
        and flags.WHICH in ('run', 'build')
        and not flags.EMPTY
    ) -}}
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
    that new rows can only make less, or greater. Where rows have gone, that is no longer so, and what has gone of the
    properties of events nobody knows: so such a count has event_name in its key, as recounted_by, and is computed
    anew for the names of events of users who are computed anew. -#}
{% macro count(key, sums=[], least=[], greatest=[]) %}
    {{- return({
        'materialized': 'count',
        'docs': {'show': true, 'node_color': '#e08a1e'},
        'meta': {
            'key': key,
            'sums': sums,
            'least': least,
            'greatest': greatest,
            'recounted_by': 'event_name' if least or greatest else none,
        },
    }) -}}
{% endmacro %}


{#- A summary: rows that each build computes anew of facts and counts, for who reads them often. -#}
{% macro summary() %}
    {{- return(event_analytics.count(key=none)) -}}
{% endmacro %}


{#- What many views read, and what is computed of few rows: only where all is made anew it is a table, as there a view
    is computed again by each view over it. Elsewhere it is a view as any. -#}
{% macro shared_view() %}
    {%- if not event_analytics.rebuilds() -%}
        {{- return({'meta': {}}) -}}
    {%- endif -%}
    {%- set summary = event_analytics.summary() -%}
    {{- return({'materialized': summary.materialized, 'meta': summary.meta}) -}}
{% endmacro %}


{#- A step that several facts share in a refresh, and that is of no use once they are refreshed. in_both_modes:
    where nothing is kept, it is the same of all events. decides: how all others go about it. stored: every build makes
    a table of it, also where nothing else is kept. key: columns that are never null, by which such a table is sorted. -#}
{% macro step(in_both_modes=false, decides=false, stored=false, key=none) %}
    {{- return({
        'materialized': 'step',
        'enabled': in_both_modes or event_analytics.facts_are_kept(),
        'meta': {'decides': decides, 'stored': stored, 'key': key},
    }) -}}
{% endmacro %}
