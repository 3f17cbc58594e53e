{{ config(**rollup_step()) }}
{% if not execute -%}
-- depends_on: {{ ref('int_due_events') }}
-- depends_on: {{ ref('int_signup_changes') }}
-- depends_on: {{ ref('int_user_segment_changes') }}
{% endif -%}
{% set kept = kept_rollup('int_user_reference_days') -%}
{% set going_on = goes_on() -%}
with retentions as (

    select * from {{ ref('int_retentions') }}

),

-- only the kinds of period that some retention is measured in
retention_periods as (

    select distinct period
    from retentions

),

-- A signup can move to an earlier date, so it is not kept among the dates that stay.
signups as (

    select
        '$signup' as reference,
        user_id,
        signup_date as event_date
    from {{ ref('int_signups') }}
    where exists (
        select 1 from retentions
        where
            retentions.cohort_event = '$signup'
            or retentions.return_event = '$signup'
    )

),

due_days as (

    select * from {{ ref('int_due_reference_days') }}

),

{% if going_on -%}
users as (

    select distinct user_id
    from {{ ref('int_due_events') }}
    where is_due

),

-- of each date, whether the build before had it and whether this one has it
user_days as (

    select
        kept.reference,
        kept.user_id,
        kept.event_date,
        true as was_there,
        true as is_there
    from {{ kept }} as kept
    inner join users
        on kept.user_id = users.user_id
    union all
    select
        reference,
        user_id,
        event_date,
        false as was_there,
        true as is_there
    from due_days
    union all
    select
        signups.reference,
        signups.user_id,
        signups.event_date,
        signup_changes.user_id is null as was_there,
        true as is_there
    from signups
    inner join users
        on signups.user_id = users.user_id
    left join {{ ref('int_signup_changes') }} as signup_changes
        on signups.user_id = signup_changes.user_id
    union all
    select
        signups.reference,
        signups.user_id,
        signup_changes.kept_date as event_date,
        true as was_there,
        false as is_there
    from signups
    inner join {{ ref('int_signup_changes') }} as signup_changes
        on signups.user_id = signup_changes.user_id
    where signup_changes.kept_date is not null

),

user_periods as (

    select
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index('retention_periods.period', 'user_days.event_date') }} as period_index,
        max(case when user_days.was_there then 1 else 0 end) as was_there,
        max(case when user_days.is_there then 1 else 0 end) as is_there
    from user_days
    cross join retention_periods
    group by
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index('retention_periods.period', 'user_days.event_date') }}

),

bounds as (

    select
        reference,
        user_id,
        period,
        min(case when was_there = 1 then period_index end) as first_before,
        max(case when was_there = 1 then period_index end) as last_before,
        min(case when is_there = 1 then period_index end) as first_now
    from user_periods
    group by
        reference,
        user_id,
        period

),

-- Of whom all periods count anew: who is in other cohorts now, or has other segment values. In
-- recurring cohorts each new period is a cohort of its own.
counted_anew as (

    select user_id
    from bounds
    where first_before is distinct from first_now
    union
    select user_id
    from {{ ref('int_user_segment_changes') }}
    where segment_value is distinct from kept_value
    union
    select user_id
    from users
    where exists (
        select 1 from retentions
        where retentions.cohort_kind = 'recurring'
    )

),

bounded as (

    select
        user_periods.reference,
        user_periods.user_id,
        user_periods.period,
        user_periods.period_index,
        user_periods.was_there,
        user_periods.is_there,
        bounds.first_before,
        bounds.last_before
    from user_periods
    {{ hashed_join() }} bounds
        on
            user_periods.user_id = bounds.user_id
            and user_periods.reference = bounds.reference
            and user_periods.period = bounds.period
    where coalesce(user_periods.user_id = bounds.user_id, false)
    {{ end_of_hashed_join() }}

),

-- Of others only new periods count, in the cohort of their first period; and what was their last
-- period may not be the last one any more.
changes as (

    select *
    from bounded
    where
        was_there = 0
        or period_index in (first_before, last_before)
        or user_id in (select counted_anew.user_id from counted_anew)

),

weighted_periods as (

    select
        reference,
        user_id,
        period,
        period_index,
        1 as weight
    from changes
    where is_there = 1
    union all
    select
        reference,
        user_id,
        period,
        period_index,
        -1 as weight
    from changes
    where was_there = 1

)
{%- else -%}
user_days as (

    select * from due_days
    {% if kept -%}
    union
    select
        reference,
        user_id,
        event_date
    from {{ kept }}
    {% endif -%}
    union all
    select * from signups

),

-- of days there is one row already
days as (

    select
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index("'day'", 'user_days.event_date') }} as period_index
    from user_days
    inner join retention_periods
        on retention_periods.period = 'day'

),

weeks_and_months as (

    select distinct
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index('retention_periods.period', 'user_days.event_date') }} as period_index
    from user_days
    inner join retention_periods
        on retention_periods.period <> 'day'

),

weighted_periods as (

    select
        *,
        1 as weight
    from days
    union all
    select
        *,
        1 as weight
    from weeks_and_months

)
{%- endif %}

select
    reference,
    user_id,
    period,
    period_index,
    weight
from weighted_periods
