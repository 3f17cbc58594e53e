{#- Where EVENTS_LAKE_PATH names a lake: a view of that name as the source has, over the files that are in the lake as
    of now, so that all of a build reads the same events. Otherwise there has to be a table. -#}
{% macro clickhouse__show_events() %}
    {%- set lake = env_var('EVENTS_LAKE_PATH', '') -%}
    {%- if lake -%}
        {%- set schema = var('raw_schema') ~ event_analytics.organisation_suffix() -%}
        {#- not the adapter, which would then remember that there are no events yet -#}
        {%- if run_query('exists table ' ~ schema ~ '.event_rows').rows[0][0] | int == 1 -%}
            {{- exceptions.raise_compiler_error(
                "The database " ~ schema ~ " has events of its own, which the loader has appended there, so it "
                ~ "cannot have the view over the lake " ~ lake ~ ". Unset EVENTS_LAKE_PATH, or set the variable "
                ~ "raw_schema to another database."
            ) -}}
        {%- endif -%}
        {%- set files = event_analytics.clickhouse_lake_files(lake) -%}
        {%- set events = api.Relation.create(schema=schema, identifier=var('events_table')) -%}
        {%- do adapter.create_schema(events) -%}
        create or replace view {{ events }} {{ on_cluster_clause(events) }} as
        select
            event_id,
            event_name,
            event_time,
            user_id,
            properties,
            ingested_at
        from {{ event_analytics.clickhouse_files(
            lake,
            'events/' ~ event_analytics.clickhouse_lake_partition() ~ '/*/*.parquet',
            'Parquet',
            "event_id UUID, event_name String, event_time DateTime64(6, \\'UTC\\'), user_id String, "
            ~ "properties String, ingested_at DateTime64(6, \\'UTC\\')"
        ) }}
        {%- if files %}
        where _file in ('{{ files | join("', '") }}')
        {%- else %}
        where false
        {%- endif %}
    {%- endif -%}
{% endmacro %}


{#- A table of files that lie in a lake, which the server reads: a folder of its machine, or a bucket. -#}
{% macro clickhouse_files(lake, names, format, columns) -%}
    {%- set endpoint = env_var('AWS_ENDPOINT_URL', '') -%}
    {%- set place = lake.rstrip('/') -%}
    {%- if endpoint -%}
        {%- set place = place | replace('s3://', endpoint.rstrip('/') ~ '/') -%}
    {%- endif -%}
    {{ 's3' if lake.startswith('s3://') else 'file' }}(
            '{{ place }}/{{ names }}', '{{ format }}', '{{ columns }}'
        )
{%- endmacro %}


{% macro clickhouse_lake_partition() -%}
    org={{ var('org', '') or '__HIVE_DEFAULT_PARTITION__' }}
{%- endmacro %}


{#- The names, without folders, of the files of events that are in a lake: those of its highest state, and of
    deliveries that the state does not know (loader/lake/manifest.py). -#}
{% macro clickhouse_lake_files(lake) -%}
    {%- set found = run_query(event_analytics.clickhouse_lake_query(lake)).rows -%}
    {%- if not found -%}
        {{- exceptions.raise_compiler_error(
            "ClickHouse finds no lake in " ~ lake ~ ", which EVENTS_LAKE_PATH names. Run 'loader init --target lake' "
            ~ "first; a folder must be one that the server itself can read."
        ) -}}
    {%- endif -%}
    {%- set files = [] -%}
    {%- for row in found if row[0] -%}
        {%- do files.append(row[0]) -%}
    {%- endfor -%}
    {{- return(files) -}}
{%- endmacro %}


{#- A row for each file, or one without a name where there is a lake with no file. -#}
{% macro clickhouse_lake_query(lake) -%}
    with objects as (

        select
            splitByChar('/', _path)[-2] as folder,
            splitByChar('.', _file)[1] as name,
            JSONExtract(content, 'keys', 'Array(String)') as keys,
            JSONExtract(content, 'files', 'Array(Tuple(name String))') as files
        from {{ event_analytics.clickhouse_files(
            lake,
            '_manifest/' ~ event_analytics.clickhouse_lake_partition() ~ '/*/*.json',
            'RawBLOB',
            'content String'
        ) }}

    ),

    latest as (

        select
            argMax(keys, name) as keys,
            argMax(files, name) as files
        from objects
        where folder = 'states'
        having count() > 0

    ),

    listed as (

        select files
        from latest
        union all
        select files
        from objects
        where
            folder = 'deliveries'
            and name not in (select arrayJoin(keys) from latest)

    )

    select distinct splitByChar('/', tupleElement(file, 1))[-1] as name
    from listed
    left array join files as file
    order by name
{%- endmacro %}
