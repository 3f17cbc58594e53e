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
    {%- else -%}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        cast(null as timestamp) as bucket
    from {{ ref('int_events') }}
    {%- endif %}
{%- endmacro %}
