-- Of these steps, the number of events at an instant tells whether it can fill them, too, once it
-- has filled the steps before. Of all others int_funnel_ties has to say it.
with steps as (

    select
        funnel,
        step,
        event as reference
    from {{ ref('int_funnel_steps') }}
    where step_order = 'ordered'

),

named as (

    {{ with_event_names('steps') }}

),

-- steps that may take an event which an earlier step may take
overlapping as (

    select distinct
        named.funnel,
        named.step
    from named
    inner join named as earlier
        on
            named.funnel = earlier.funnel
            and named.step > earlier.step
            and {{ may_share_events('named', 'earlier') }}

),

counted as (

    select
        steps.funnel,
        steps.step,
        case
            -- events of its own
            when overlapping.step is null then 1
            -- one for the first step, and any other
            when steps.step = 2 and steps.reference = '*' then 2
        end as events_needed
    from steps
    left join overlapping
        on
            steps.funnel = overlapping.funnel
            and steps.step = overlapping.step

)

select
    funnel,
    step,
    events_needed
from counted
where events_needed is not null
