{#- When the earliest delivery came that some rows of int_event_batches are about, as a literal, from which
    the database knows which parts of the events it need not read; -infinity while nobody can be asked. -#}
{% macro first_delivery(batches, condition) -%}
    {%- set first = none -%}
    {%- if execute and load_relation(batches) is not none -%}
        {%- set query -%}
            select cast(coalesce(min(ingested_at), 'infinity') as {{ dbt.type_string() }})
            from {{ batches }}
            where {{ condition }}
        {%- endset -%}
        {%- set first = run_query(query).columns[0].values()[0] -%}
    {%- endif -%}
    cast('{{ first or '-infinity' }}' as timestamp with time zone)
{%- endmacro %}


{#- Some columns of all events; where roll-ups are kept, of those of the due buckets, with their bucket. -#}
{% macro events_by_bucket(columns) -%}
    {%- if event_analytics.rollups_are_kept() -%}
    select
        {%- for column in columns %}
        events.{{ column }},
        {%- endfor %}
        batches.bucket
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_event_batches') }} as batches
        on events.ingested_at = batches.ingested_at
    inner join {{ ref('int_due_buckets') }} as due_buckets
        on batches.bucket = due_buckets.bucket
    where
        events.ingested_at >= {{ event_analytics.first_delivery(
            ref('int_event_batches'),
            'bucket in (select due.bucket from ' ~ ref('int_due_buckets') ~ ' as due)'
        ) }}
    {%- else -%}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        cast(null as timestamp) as bucket
    from {{ ref('int_events') }}
    {%- endif %}
{%- endmacro %}


{#- Of whom events of due batches are, and when they happened; condition is one more on int_event_batches,
    named batches. -#}
{% macro due_instants(condition='true') -%}
    select
        events.user_id,
        events.occurred_at
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_event_batches') }} as batches
        on events.ingested_at = batches.ingested_at
    where
        batches.is_due
        and {{ condition }}
        and events.ingested_at >= {{ event_analytics.first_delivery(ref('int_event_batches'), 'is_due') }}
{%- endmacro %}
