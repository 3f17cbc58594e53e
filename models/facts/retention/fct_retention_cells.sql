{{ config(**fact(
    key=['user_id', 'retention', 'cohort_index', 'period_number', 'is_entry', 'is_return'],
    within='int_touched_retention_users',
    where='kept.user_id = within.user_id'
)) }}
{% do may_read(['int_touched_retention_users']) -%}
with retentions as (

    select * from {{ ref('int_retentions') }}

),

user_periods as (

    select user_periods.*
    from {{ ref('int_user_reference_periods') }} as user_periods
    {%- if refreshing() %}
    inner join {{ ref('int_touched_retention_users') }} as touched_users
        on user_periods.user_id = touched_users.user_id
    {%- endif %}

),

-- a reference that is both is read once
sought as (

    select
        retention,
        cohort_kind,
        period,
        periods,
        cohort_event as reference,
        true as is_cohort_event,
        cohort_event = return_event as is_return_event
    from retentions
    union all
    select
        retention,
        cohort_kind,
        period,
        periods,
        return_event as reference,
        false as is_cohort_event,
        true as is_return_event
    from retentions
    where cohort_event <> return_event

),

sought_periods as (

    select
        sought.retention as retention,
        sought.cohort_kind as cohort_kind,
        sought.periods as periods,
        sought.is_cohort_event as is_cohort_event,
        sought.is_return_event as is_return_event,
        user_periods.user_id as user_id,
        user_periods.period_index as period_index
    from user_periods
    inner join sought
        on
            user_periods.reference = sought.reference
            and user_periods.period = sought.period

),

-- The last return is the same for all cohorts before it.
user_bounds as (

    select
        retention,
        user_id,
        min(case when is_cohort_event then period_index end) as first_index,
        max(case when is_return_event then period_index end) as last_return_index
    from sought_periods
    group by
        retention,
        user_id

),

bounded as (

    select
        sought_periods.retention as retention,
        sought_periods.cohort_kind as cohort_kind,
        sought_periods.periods as periods,
        sought_periods.is_cohort_event as is_cohort_event,
        sought_periods.is_return_event as is_return_event,
        sought_periods.user_id as user_id,
        sought_periods.period_index as period_index,
        user_bounds.first_index as first_index,
        user_bounds.last_return_index as last_return_index
    from sought_periods
    {{ hashed_join() }} user_bounds
        on
            sought_periods.user_id = user_bounds.user_id
            and sought_periods.retention = user_bounds.retention
    where coalesce(sought_periods.user_id = user_bounds.user_id, false)
    {{ end_of_hashed_join() }}

),

first_time as (

    select
        retention,
        user_id,
        first_index as cohort_index,
        period_index,
        periods,
        last_return_index,
        is_cohort_event and period_index = first_index as is_entry
    from bounded
    where
        cohort_kind = 'first_time'
        and (
            (is_cohort_event and period_index = first_index)
            or (is_return_event and period_index > first_index)
        )

),

recurring as (

    select *
    from bounded
    where cohort_kind = 'recurring'

),

recurring_entries as (

    select
        retention,
        user_id,
        period_index as cohort_index,
        period_index,
        periods,
        last_return_index,
        true as is_entry
    from recurring
    where is_cohort_event

),

recurring_returns as (

    select
        entries.retention as retention,
        entries.user_id as user_id,
        entries.cohort_index as cohort_index,
        later.period_index as period_index,
        entries.periods as periods,
        entries.last_return_index as last_return_index,
        false as is_entry
    from recurring_entries as entries
    {{ hashed_join() }} recurring as later
        on
            entries.user_id = later.user_id
            and entries.retention = later.retention
    where
        coalesce(
            entries.user_id = later.user_id
            and later.is_return_event
            and later.period_index > entries.cohort_index,
            false
        )
    {{ end_of_hashed_join() }}

),

unioned as (

    select * from first_time
    union all
    select * from recurring_entries
    union all
    select * from recurring_returns

),

numbered as (

    select
        retention,
        user_id,
        cohort_index,
        period_index - cohort_index as period_number,
        periods,
        is_entry,
        not is_entry and period_index = last_return_index as is_last_return
    from unioned

)

-- The last return says in how many cells a user counts as back "then or later"; one that lies
-- beyond the last cell counts in all of them.
select
    user_id,
    retention,
    cohort_index,
    least(period_number, periods) as period_number,
    is_entry,
    not is_entry and period_number <= periods as is_return,
    is_last_return
from numbered
where
    is_entry
    or period_number <= periods
    or is_last_return
