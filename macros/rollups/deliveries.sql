{#- When the earliest delivery came that some rows of int_event_batches are about, as a literal, from which
    the database knows which parts of the events it need not read; -infinity while nobody can be asked. -#}
{% macro first_delivery(batches, condition) -%}
    {{- event_analytics.earliest([batches], 'select ingested_at as instant from ' ~ batches ~ ' where ' ~ condition) -}}
{%- endmacro %}


{#- The earliest `instant` of a query of these relations, as a literal; -infinity while nobody can be asked. -#}
{% macro earliest(relations, instants) -%}
    {%- set earliest = none -%}
    {%- set missing = [] -%}
    {%- for relation in relations if execute and load_relation(relation) is none -%}
        {%- do missing.append(relation) -%}
    {%- endfor -%}
    {%- if execute and not missing -%}
        {%- set query -%}
            select cast(coalesce(min(instant), 'infinity') as {{ dbt.type_string() }})
            from ({{ instants }}) as instants
        {%- endset -%}
        {%- set earliest = run_query(query).columns[0].values()[0] -%}
    {%- endif -%}
    cast('{{ earliest or '-infinity' }}' as timestamp with time zone)
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


{#- Of whom and on which dates sessions began that this build computes again, or begin now. -#}
{% macro touched_session_dates() -%}
    select
        user_id,
        event_date as session_date
    from {{ ref('int_due_sessions') }}
    union
    select
        user_id,
        event_date as session_date
    from {{ ref('int_due_events') }}
    where is_of_due_session
{%- endmacro %}


{#- Of whom what funnels count may change in this build: who may get further, and whose value in a segment is
    another one now. -#}
{% macro touched_funnel_users() -%}
    select user_id
    from {{ ref('int_due_funnel_users') }}
    union
    select user_id
    from {{ ref('int_user_segment_changes') }}
    where segment_value <> kept_value
{%- endmacro %}
