{{ config(
    post_hook="{{ event_analytics.warn_of_unknown_events("
    ~ "this, ref('actions'), ref('stg_events')) }}"
) }}
-- depends_on: {{ ref('actions') }}
-- depends_on: {{ ref('int_definition_errors') }}
-- depends_on: {{ ref('stg_events') }}
with funnel_steps as (

    select event as reference
    from {{ ref('funnel_steps') }}

),

retention_cohorts as (

    select cohort_event as reference
    from {{ ref('retentions') }}

),

retention_returns as (

    select return_event as reference
    from {{ ref('retentions') }}

),

settings as (

    {{ text_rows(setting_references(), 'reference') }}

),

unioned as (

    select reference from funnel_steps
    union
    select reference from retention_cohorts
    union
    select reference from retention_returns
    union
    select reference from settings

)

select reference
from unioned
