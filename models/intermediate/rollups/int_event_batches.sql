{{ config(**rollup_step(enabled=rollups_are_kept())) }}
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
            '{{ rollup_settings() }}'
            {%- for seed in seeds %},
            {{ rows_as_text(ref(seed)) }}
            {%- endfor %}
        )) as definitions

),

-- what was rolled up by other definitions is as good as not rolled up
rolled_up as (

    select
        batches.ingested_at,
        batches.events
    from {{ rolled_up_batches() }} as batches
    inner join definitions
        on batches.definitions = definitions.definitions
    {% if flags.FULL_REFRESH -%}
    where false
    {%- endif %}

),

latest as (

    select
        coalesce(
            {{ unsettled_since('max(ingested_at)') }}, cast('-infinity' as timestamp with time zone)
        ) as unsettled_since,
        count(*) as batches
    from rolled_up

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
    -- small deliveries together by the hour, since collectors make many; large ones each by itself
    case
        when unsettled.events >= 10000 then unsettled.ingested_at at time zone 'UTC'
        else date_trunc('hour', unsettled.ingested_at at time zone 'UTC')
    end as bucket,
    rolled_up.events is null or rolled_up.events <> unsettled.events as is_due,
    latest.batches = 0 as everything_is_due
from unsettled
cross join definitions
cross join latest
left join rolled_up
    on unsettled.ingested_at = rolled_up.ingested_at
