-- depends_on: {{ ref('int_definition_errors') }}
with funnels as (

    select * from {{ ref('funnels') }}

),

funnel_steps as (

    select * from {{ ref('funnel_steps') }}

),

described as (

    select
        funnels.funnel,
        funnels.step_order,
        funnels.window_seconds,
        funnel_steps.step,
        funnel_steps.event,
        funnel_steps.on_day,
        lead(funnel_steps.step) over (
            partition by funnels.funnel order by funnel_steps.step
        ) is null as is_last_step
    from funnels
    inner join funnel_steps
        on funnels.funnel = funnel_steps.funnel

)

select
    funnel,
    step_order,
    window_seconds,
    step,
    event,
    on_day,
    is_last_step
from described
