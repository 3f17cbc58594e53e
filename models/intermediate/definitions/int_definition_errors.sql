{{ config(post_hook="{{ event_analytics.raise_definition_errors(this) }}") }}

with action_errors as (

    select * from {{ ref('int_action_errors') }}

),

funnel_errors as (

    select * from {{ ref('int_funnel_errors') }}

),

retention_errors as (

    select * from {{ ref('int_retention_errors') }}

),

churn_window_errors as (

    select * from {{ ref('int_churn_window_errors') }}

),

segment_errors as (

    select * from {{ ref('int_segment_errors') }}

),

unknown_timezones as (

    select
        'dbt_project.yml' as source_file,
        'the variable reporting_timezone' as source_row,
        'is ''{{ reporting_timezone() }}'', which the database does not know' as problem,
        'write an IANA name such as UTC or Europe/Berlin' as mend
    where not exists (
        select 1
        from {{ known_timezones() }} as zones
        where zones.name = '{{ reporting_timezone() }}'
    )

),

seed_errors as (

    select * from action_errors
    union all
    select * from funnel_errors
    union all
    select * from retention_errors
    union all
    select * from churn_window_errors
    union all
    select * from segment_errors

),

unioned as (

    select
        concat('seeds/', seed, '.csv') as source_file,
        concat('row ''', seed_row, '''') as source_row,
        problem,
        mend
    from seed_errors
    union all
    select
        source_file,
        source_row,
        problem,
        mend
    from unknown_timezones

)

select
    source_file,
    source_row,
    problem,
    mend,
    concat(source_file, ': ', source_row, ' ', problem, '; ', mend, '.') as message
from unioned
