{{ config(**step(decides=true)) }}
{% set definitions = hash_of_definitions([
    ref('actions'),
    ref('churn_windows'),
    ref('funnels'),
    ref('funnel_steps'),
    ref('retentions'),
    ref('segments'),
]) -%}
{#- a literal, from which the database knows which parts of the events it need not read -#}
{% set unsettled_since = first_unsettled_delivery(definitions) -%}
with definitions as (

    {{ definitions }}

),

-- what is kept by other definitions is of no use
kept as (

    select
        deliveries.ingested_at,
        deliveries.events
    from {{ kept_deliveries() }} as deliveries
    inner join definitions
        on deliveries.definitions = definitions.definitions
    {% if flags.FULL_REFRESH -%}
    where false
    {%- endif %}

),

unsettled as (

    select
        ingested_at,
        count(*) as events,
        max(occurred_at) as last_event_at,
        -- an event counts for as_of_date no later than it arrived
        max(least(occurred_at, ingested_at)) as latest_at
    from {{ ref('stg_events') }}
    where ingested_at >= {{ unsettled_since }}
    group by ingested_at

),

all_kept as (

    select count(*) as deliveries
    from kept

)

select
    definitions.definitions,
    unsettled.ingested_at,
    unsettled.events,
    unsettled.last_event_at,
    unsettled.latest_at,
    kept.events is null or kept.events <> unsettled.events as is_due,
    all_kept.deliveries = 0 as everything_is_due
from unsettled
cross join definitions
cross join all_kept
left join kept
    on unsettled.ingested_at = kept.ingested_at
