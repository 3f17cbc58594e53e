{#- Models that are compiled for what the definitions say when they are built, and for no others. -#}

{#- Whether a query can be asked of a model while another one is compiled: not while dbt reads the project,
    not before it is built, and not in a unit test, which has it as a part of its own query. -#}
{% macro can_be_asked(relation) %}
    {{- return(
        execute and flags.INTROSPECT and not relation.is_cte and load_relation(relation) is not none
    ) -}}
{% endmacro %}


{#- A condition that is never true: where it is computed, the database stops with a message, since a row of a
    seed has changed and the views, which are compiled for how it was, have not been built since. -#}
{% macro stop_reading(seed, seed_row) -%}
    {%- set message -%}
        concat(
            'seeds/{{ seed }}.csv: row ''', {{ seed_row }},
            ''' has changed since the views were built; run dbt build'
        )
    {%- endset -%}
    {{- return(adapter.dispatch('stop_reading', 'event_analytics')(message)) -}}
{%- endmacro %}

{#- The message is no integer, so the database stops and shows it. -#}
{% macro default__stop_reading(message) -%}
    cast(
        {{ message }} as integer
    ) is null
{%- endmacro %}
