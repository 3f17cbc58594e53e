{{ config(**fact(key=['user_id', 'reference', 'period', 'period_index'])) }}
-- In which periods a user did what retentions ask for. A signup can move to an earlier date, so it
-- is not among them.
with sought as (

    select
        cohort_event as reference,
        period
    from {{ ref('int_retentions') }}
    union
    select
        return_event as reference,
        period
    from {{ ref('int_retentions') }}

),

named_references as (

    select distinct reference
    from sought
    where reference not in ('*', '$signup')

),

dates as (

    select distinct
        events.reference as reference,
        events.user_id as user_id,
        events.event_date as event_date
    from {{ ref('int_named_events') }} as events
    inner join named_references
        on events.reference = named_references.reference
    -- PostgreSQL answers this before it computes the events that it joins
    where
        exists (
            select 1 from named_references as used
            where used.reference is not null
        )
    union all
    select distinct
        '*' as reference,
        events.user_id as user_id,
        events.event_date as event_date
    from {{ ref('int_arrivals') }} as events
    where
        exists (
            select 1 from sought as used
            where used.reference = '*'
        )

),

-- of days there is one row already
days as (

    select
        dates.reference as reference,
        dates.user_id as user_id,
        sought.period as period,
        {{ period_index("'day'", 'dates.event_date') }} as period_index
    from dates
    inner join sought
        on
            dates.reference = sought.reference
            and sought.period = 'day'

),

weeks_and_months as (

    select distinct
        dates.reference as reference,
        dates.user_id as user_id,
        sought.period as period,
        {{ period_index('sought.period', 'dates.event_date') }} as period_index
    from dates
    inner join sought
        on
            dates.reference = sought.reference
            and sought.period <> 'day'

),

unioned as (

    select * from days
    union all
    select * from weeks_and_months

)

select
    user_id,
    cast(reference as {{ dbt.type_string() }}) as reference,
    cast(period as {{ dbt.type_string() }}) as period,
    period_index
from unioned
