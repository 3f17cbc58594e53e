-- The cohorts of a first_time retention, taken together, are all users who ever did the cohort
-- event. A user in two of them, or in none, would leave each single cohort looking right. Where
-- roll-ups are kept, all events are at hand of users whose funnels are due, so of these only.
with retentions as (

    select *
    from {{ ref('int_retentions') }}
    where cohort_kind = 'first_time'

),

users as (

    select
        retentions.retention,
        count(distinct events.user_id) as users
    from retentions
    left join {{ ref('int_referenced_events') }} as events
        on retentions.cohort_event = events.reference
    group by retentions.retention

),

cohorts as (

    select
        retention,
        count(*) as cohort_users
    from {{ ref('int_user_retention_cells') }}
    where
        is_entry
        {% if rollups_are_kept() -%}
        and user_id in (select due.user_id from {{ ref('int_due_funnel_users') }} as due)
        {%- endif %}
    group by retention

)

select
    users.retention,
    users.users,
    cohorts.cohort_users
from users
left join cohorts
    on users.retention = cohorts.retention
where users.users <> coalesce(cohorts.cohort_users, 0)
