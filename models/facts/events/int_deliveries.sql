{{ config(**step(decides=true)) }}
{% set definitions = hash_of_definitions([
    ref('actions'),
    ref('churn_windows'),
    ref('funnels'),
    ref('funnel_steps'),
    ref('identities'),
    ref('identity_links'),
    ref('retentions'),
    ref('segments'),
]) -%}
{% do may_read(['int_users_due', 'stg_events']) -%}
{% set anew = flags.FULL_REFRESH or nothing_is_of_use_after_removals() -%}
{#- a literal, from which the database knows which parts of the events it need not read -#}
{% set unsettled_since = first_unsettled_delivery(definitions, anew) -%}
with definitions as (

    {{ definitions }}

),

-- what is kept by other definitions is of no use
kept_deliveries as (

    select
        deliveries.ingested_at as ingested_at,
        deliveries.events as events
    from {{ kept_deliveries() }} as deliveries
    inner join definitions
        on deliveries.definitions = definitions.definitions
    {% if anew -%}
    where false
    {%- else -%}
    where deliveries.ingested_at >= {{ unsettled_since }}
    {%- endif %}

),

removed_events as (

    {{ removed_events() }}

),

-- what was taken out of it since is no sign that more of it has come
kept as (

    select
        kept_deliveries.ingested_at as ingested_at,
        kept_deliveries.events - coalesce(removed_events.events, 0) as events
    from kept_deliveries
    left join removed_events
        on kept_deliveries.ingested_at = removed_events.ingested_at

),

unsettled as (

    select
        ingested_at,
        count(*) as events,
        min(occurred_at) as first_event_at,
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
    definitions.definitions as definitions,
    coalesce(unsettled.ingested_at, kept.ingested_at) as ingested_at,
    coalesce(unsettled.events, 0) as events,
    unsettled.first_event_at as first_event_at,
    unsettled.last_event_at as last_event_at,
    unsettled.latest_at as latest_at,
    kept.events is null or kept.events <> coalesce(unsettled.events, 0) as is_due,
    all_kept.deliveries = 0 as everything_is_due
from unsettled
-- one that was taken out stays in view, or the next build would not know from when on to look
full join kept
    on unsettled.ingested_at = kept.ingested_at
cross join definitions
cross join all_kept
