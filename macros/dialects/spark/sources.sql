{#- Where EVENTS_LAKE_PATH names a lake: a view of that name as the source has, over the files that are in the lake as
    of now, so that all of a build reads the same events. Otherwise there has to be a table. -#}
{% macro spark__show_events() %}
    {%- set lake = env_var('EVENTS_LAKE_PATH', '') -%}
    {%- if lake -%}
        {#- Hadoop's client for S3 goes by this scheme -#}
        {%- set lake = lake.rstrip('/') | replace('s3://', 's3a://') -%}
        {%- set events = api.Relation.create(
            schema=var('raw_schema') ~ event_analytics.organisation_suffix(), identifier=var('events_table')
        ) -%}
        {%- set files = run_query(event_analytics.spark_lake_files(lake)).columns[0].values() -%}
        {%- do adapter.create_schema(events) -%}
        create or replace view {{ events }} as
        select
            event_id,
            event_name,
            event_time,
            user_id,
            properties,
            ingested_at
        {%- if files %}
        from parquet.`{{ lake }}/{{ '{' ~ files | join(',') ~ '}' }}`
        {%- else %}
        from (
            select
                cast(null as string) as event_id,
                cast(null as string) as event_name,
                cast(null as timestamp) as event_time,
                cast(null as string) as user_id,
                cast(null as string) as properties,
                cast(null as timestamp) as ingested_at
        ) as nothing
        where false
        {%- endif %}
    {%- endif -%}
{% endmacro %}


{#- The names of the files of events that are in a lake: those of its highest state, and of deliveries that the state
    does not know (loader/lake/manifest.py). -#}
{% macro spark_lake_files(lake) -%}
    {%- set organisation = var('org', '') or '__HIVE_DEFAULT_PARTITION__' -%}
    with objects as (

        select
            regexp_extract(_metadata.file_path, '([^/]+)/[^/]+$', 1) as folder,
            regexp_extract(_metadata.file_path, '([^/]+)[.]json$', 1) as name,
            from_json(value, 'keys array<string>, files array<struct<name: string>>') as content
        from text.`{{ lake }}/_manifest/org={{ organisation }}/*/*.json`

    ),

    latest as (

        select
            max(name) as name,
            max_by(content, name) as content
        from objects
        where folder = 'states'

    ),

    listed as (

        select content.files as files
        from latest
        union all
        select objects.content.files as files
        from objects
        cross join latest
        where
            objects.folder = 'deliveries'
            and not coalesce(array_contains(latest.content.keys, objects.name), false)

    ),

    named as (

        select explode(files) as file
        from listed

    )

    select file.name as name
    from named
    order by name
{%- endmacro %}
