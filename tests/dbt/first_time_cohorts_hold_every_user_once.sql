-- The cohorts of a first_time retention, taken together, are all users who ever did the cohort
-- event. A user in two of them, or in none, would leave each single cohort looking right. Where
-- roll-ups are kept, the counts are brought up to date by what changes; they are held against all
-- kept dates.
with retentions as (

    select *
    from {{ ref('int_retentions') }}
    where cohort_kind = 'first_time'

),

cohort_events as (

    {% if facts_are_stored() -%}
    select
        reference,
        user_id
    from {{ ref('fct_reference_periods') }}
    union all
    select
        '$signup' as reference,
        user_id
    from {{ ref('fct_signups') }}
    {%- else -%}
    select
        reference,
        user_id
    from {{ ref('int_referenced_events') }}
    {%- endif %}

),

users as (

    select
        retentions.retention as retention,
        count(distinct cohort_events.user_id) as users
    from retentions
    left join cohort_events
        on retentions.cohort_event = cohort_events.reference
    group by retentions.retention

),

cohorts as (

    select
        retention,
        sum(cohort_users) as cohort_users
    from {{ ref('agg_retention_cells') }}
    where breakdown = 'none'
    group by retention

)

select
    users.retention as retention,
    users.users as users,
    cohorts.cohort_users as cohort_users
from users
left join cohorts
    on users.retention = cohorts.retention
where users.users <> coalesce(cohorts.cohort_users, 0)
