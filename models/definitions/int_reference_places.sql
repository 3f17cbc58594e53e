-- depends_on: {{ ref('int_definition_errors') }}
with funnel_steps as (

    select * from {{ ref('funnel_steps') }}

),

retentions as (

    select * from {{ ref('retentions') }}

),

activity_events as (

    {{ text_rows(activity_events(), 'reference') }}

),

signup_events as (

    {{ text_rows([signup_event()] if signup_event() else [], 'reference') }}

),

unioned as (

    select
        'seeds/funnel_steps.csv' as source_file,
        concat(
            'row ''', funnel, ', step ', cast(step as {{ dbt.type_string() }}), ''''
        ) as source_row,
        event as reference
    from funnel_steps
    union
    select
        'seeds/retentions.csv' as source_file,
        concat('row ''', retention, '''') as source_row,
        cohort_event as reference
    from retentions
    union
    select
        'seeds/retentions.csv' as source_file,
        concat('row ''', retention, '''') as source_row,
        return_event as reference
    from retentions
    union
    select
        'dbt_project.yml' as source_file,
        'the variable activity_events' as source_row,
        reference
    from activity_events
    union
    select
        'dbt_project.yml' as source_file,
        'the variable signup_event' as source_row,
        reference
    from signup_events

)

select
    source_file,
    source_row,
    reference
from unioned
