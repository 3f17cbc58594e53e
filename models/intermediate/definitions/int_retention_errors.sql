with retentions as (

    select * from {{ ref('retentions') }}

),

unnamed_retentions as (

    select
        'retentions' as seed,
        '' as seed_row,
        'has no name' as problem,
        'give the retention a name' as mend
    from retentions
    where retention is null

),

repeated_retentions as (

    select
        'retentions' as seed,
        retention as seed_row,
        'stands in more than one row' as problem,
        'keep one row for each retention' as mend
    from retentions
    group by retention
    having count(*) > 1

),

unknown_cohort_kinds as (

    select
        'retentions' as seed,
        retention as seed_row,
        concat(
            'has the cohort_kind ''', coalesce(cohort_kind, ''), ''', which is not known'
        ) as problem,
        'write first_time or recurring' as mend
    from retentions
    where cohort_kind is null or cohort_kind not in ('first_time', 'recurring')

),

unknown_periods as (

    select
        'retentions' as seed,
        retention as seed_row,
        concat('has the period ''', coalesce(period, ''), ''', which is not known') as problem,
        'write day, week or month' as mend
    from retentions
    where period is null or period not in ('day', 'week', 'month')

),

impossible_period_counts as (

    select
        'retentions' as seed,
        retention as seed_row,
        concat(
            'has periods of ''', coalesce(cast(periods as {{ dbt.type_string() }}), ''), ''''
        ) as problem,
        'write how many periods after the cohort to show, from 0 up' as mend
    from retentions
    where periods is null or periods < 0

),

missing_events as (

    select
        'retentions' as seed,
        retention as seed_row,
        'names no cohort_event or no return_event' as problem,
        'write an event name, an action, $signup, or * for any event in both' as mend
    from retentions
    where cohort_event is null or return_event is null

),

unioned as (

    select * from unnamed_retentions
    union all
    select * from repeated_retentions
    union all
    select * from unknown_cohort_kinds
    union all
    select * from unknown_periods
    union all
    select * from impossible_period_counts
    union all
    select * from missing_events

)

select
    seed,
    seed_row,
    problem,
    mend
from unioned
