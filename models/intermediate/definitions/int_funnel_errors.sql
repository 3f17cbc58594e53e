{% set max_steps = whole_number('max_funnel_steps', 1) -%}
{#- 2 to the power of it is the number of sets in int_funnel_sets -#}
{% set max_overlaps = 10 -%}
{#- beyond it, dates run out of the range that databases know -#}
{% set longest_window = 100 * 365 * 86400 + 25 * 86400 -%}
with funnels as (

    select * from {{ ref('funnels') }}

),

funnel_steps as (

    select * from {{ ref('funnel_steps') }}

),

unnamed_funnels as (

    select
        'funnels' as seed,
        '' as seed_row,
        'has no name' as problem,
        'give the funnel a name' as mend
    from funnels
    where funnel is null

),

unnumbered_steps as (

    select
        'funnel_steps' as seed,
        coalesce(funnel, '') as seed_row,
        'has a step without a funnel or a number' as problem,
        'give each step its funnel, and number them 1, 2, 3 and so on' as mend
    from funnel_steps
    where funnel is null or step is null

),

repeated_funnels as (

    select
        'funnels' as seed,
        funnel as seed_row,
        'stands in more than one row' as problem,
        'keep one row for each funnel' as mend
    from funnels
    group by funnel
    having count(*) > 1

),

unknown_step_orders as (

    select
        'funnels' as seed,
        funnel as seed_row,
        concat(
            'has the step_order ''', coalesce(step_order, ''), ''', which is not known'
        ) as problem,
        'write ordered, strict or unordered' as mend
    from funnels
    where step_order is null or step_order not in ('ordered', 'strict', 'unordered')

),

impossible_windows as (

    select
        'funnels' as seed,
        funnel as seed_row,
        concat(
            'has a window_seconds of ', cast(window_seconds as {{ dbt.type_string() }})
        ) as problem,
        'write seconds from 0 to {{ longest_window }} (100 years), or leave it empty' as mend
    from funnels
    where window_seconds < 0 or window_seconds > {{ longest_window }}

),

funnels_without_steps as (

    select
        'funnels' as seed,
        funnels.funnel as seed_row,
        'has no steps' as problem,
        'add its steps to seeds/funnel_steps.csv, or remove the funnel' as mend
    from funnels
    left join funnel_steps
        on funnels.funnel = funnel_steps.funnel
    where funnels.funnel is not null and funnel_steps.funnel is null

),

steps_without_funnel as (

    select distinct
        'funnel_steps' as seed,
        funnel_steps.funnel as seed_row,
        'has steps but no row in seeds/funnels.csv' as problem,
        'add the funnel there, or remove its steps' as mend
    from funnel_steps
    left join funnels
        on funnel_steps.funnel = funnels.funnel
    where funnel_steps.funnel is not null and funnels.funnel is null

),

repeated_steps as (

    select
        'funnel_steps' as seed,
        concat(funnel, ', step ', cast(step as {{ dbt.type_string() }})) as seed_row,
        'stands in more than one row' as problem,
        'give each step of the funnel a number of its own' as mend
    from funnel_steps
    group by
        funnel,
        step
    having count(*) > 1

),

missing_steps as (

    select
        'funnel_steps' as seed,
        funnel as seed_row,
        concat(
            'has ', cast(count(distinct step) as {{ dbt.type_string() }}),
            ' steps numbered from ', cast(min(step) as {{ dbt.type_string() }}),
            ' to ', cast(max(step) as {{ dbt.type_string() }})
        ) as problem,
        'number them 1, 2, 3 and so on, without a gap' as mend
    from funnel_steps
    group by funnel
    having min(step) <> 1 or max(step) <> count(distinct step)

),

excess_steps as (

    select
        'funnel_steps' as seed,
        concat(funnel, ', step ', cast(step as {{ dbt.type_string() }})) as seed_row,
        'lies beyond the {{ max_steps }} steps that funnels may have' as problem,
        'raise the variable max_funnel_steps in dbt_project.yml' as mend
    from funnel_steps
    where step > {{ max_steps }}

),

steps_without_event as (

    select
        'funnel_steps' as seed,
        concat(funnel, ', step ', cast(step as {{ dbt.type_string() }})) as seed_row,
        'names no event' as problem,
        'write an event name, an action, $signup, or * for any event' as mend
    from funnel_steps
    where event is null

),

impossible_days as (

    select
        'funnel_steps' as seed,
        concat(funnel, ', step ', cast(step as {{ dbt.type_string() }})) as seed_row,
        concat('has an on_day of ', cast(on_day as {{ dbt.type_string() }})) as problem,
        'write days after the first step, 0 to 36525, and leave it empty at step 1' as mend
    from funnel_steps
    where on_day < 0 or on_day > 36525 or (step = 1 and on_day is not null)

),

days_without_order as (

    select
        'funnel_steps' as seed,
        concat(
            funnel_steps.funnel, ', step ', cast(funnel_steps.step as {{ dbt.type_string() }})
        ) as seed_row,
        'has an on_day, but its funnel is unordered and has no first step' as problem,
        'leave on_day empty, or let the funnel be ordered' as mend
    from funnel_steps
    inner join funnels
        on funnel_steps.funnel = funnels.funnel
    where
        funnels.step_order = 'unordered'
        and funnel_steps.on_day is not null

),

-- every set of them has to be looked at where they happen at one instant
excess_overlaps as (

    select
        'funnel_steps' as seed,
        funnel as seed_row,
        concat(
            'has ', cast(count(distinct reference) as {{ dbt.type_string() }}),
            ' different steps that may take the same events, ',
            'and at most {{ max_overlaps }} can be told apart'
        ) as problem,
        'let actions ask for different values of one property, or shorten the funnel' as mend
    from {{ ref('int_funnel_overlapping_references') }}
    group by funnel
    having count(distinct reference) > {{ max_overlaps }}

),

unioned as (

    select * from unnamed_funnels
    union all
    select * from unnumbered_steps
    union all
    select * from repeated_funnels
    union all
    select * from unknown_step_orders
    union all
    select * from impossible_windows
    union all
    select * from funnels_without_steps
    union all
    select * from steps_without_funnel
    union all
    select * from repeated_steps
    union all
    select * from missing_steps
    union all
    select * from excess_steps
    union all
    select * from steps_without_event
    union all
    select * from impossible_days
    union all
    select * from days_without_order
    union all
    select * from excess_overlaps

)

select
    seed,
    seed_row,
    problem,
    mend
from unioned
