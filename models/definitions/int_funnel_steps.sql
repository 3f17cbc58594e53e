{{ config(**shared_view()) }}
-- depends_on: {{ ref('int_definition_errors') }}
with funnels as (

    select * from {{ ref('funnels') }}

),

funnel_steps as (

    select * from {{ ref('funnel_steps') }}

),

described as (

    select
        funnels.funnel as funnel,
        -- to match and sort by, which takes names several times as long
        dense_rank() over (order by funnels.funnel) as funnel_number,
        funnels.step_order as step_order,
        funnels.window_seconds as window_seconds,
        funnel_steps.step as step,
        funnel_steps.event as event,
        funnel_steps.on_day as on_day,
        lead({{ nullable('funnel_steps.step') }}) over (
            partition by funnels.funnel order by funnel_steps.step
        ) is null as is_last_step
    from funnels
    inner join funnel_steps
        on funnels.funnel = funnel_steps.funnel

),

-- steps that may take an event that an earlier step may take
sharing as (

    select distinct
        described.funnel as funnel,
        described.step as step
    from described
    inner join funnel_steps as earlier
        on
            described.funnel = earlier.funnel
            and described.step > earlier.step
    left join {{ ref('int_funnel_overlapping_references') }} as overlapping
        on
            described.funnel = overlapping.funnel
            and described.event = overlapping.reference
            and earlier.event = overlapping.other_reference
    where
        described.event in (earlier.event, '*', '$signup')
        or earlier.event in ('*', '$signup')
        or overlapping.reference is not null

)

select
    described.funnel as funnel,
    described.funnel_number as funnel_number,
    described.step_order as step_order,
    described.window_seconds as window_seconds,
    described.step as step,
    described.event as event,
    described.on_day as on_day,
    described.is_last_step as is_last_step,
    sharing.step is not null as shares_events
from described
left join sharing
    on
        described.funnel = sharing.funnel
        and described.step = sharing.step
