{{ config(**step(decides=true)) }}
{% set seeds = [
    'actions', 'churn_windows', 'funnels', 'funnel_steps', 'retentions', 'segments'
] -%}
with events as (

    select ingested_at
    from {{ ref('stg_events') }}

),

definitions as (

    select
        md5(concat(
            '{{ settings_and_models() }}'
            {%- for seed in seeds %},
            {{ rows_as_text(ref(seed)) }}
            {%- endfor %}
        )) as definitions

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

latest as (

    select
        coalesce(
            {{ unsettled_since('max(ingested_at)') }}, cast('-infinity' as timestamp with time zone)
        ) as unsettled_since,
        count(*) as deliveries
    from kept

),

unsettled as (

    select
        events.ingested_at,
        count(*) as events
    from events
    where events.ingested_at >= (select latest.unsettled_since from latest)
    group by events.ingested_at

)

select
    definitions.definitions,
    unsettled.ingested_at,
    unsettled.events,
    kept.events is null or kept.events <> unsettled.events as is_due,
    latest.deliveries = 0 as everything_is_due
from unsettled
cross join definitions
cross join latest
left join kept
    on unsettled.ingested_at = kept.ingested_at
