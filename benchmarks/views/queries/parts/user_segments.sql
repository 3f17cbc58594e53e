valued as (
    select
        user_id, event_time, event_id, $country as country, $plan as plan, $device as device
    from raw.events
), picked as (
    select
        user_id, $first_country as first_country, $latest_plan as latest_plan, $latest_device as latest_device
    from valued group by 1
), user_segments as (
    select user_id, 'first_country' as segment, coalesce(first_country, '(none)') as segment_value from picked
    union all
    select user_id, 'latest_plan', coalesce(latest_plan, '(none)') from picked
    union all
    select user_id, 'latest_device', coalesce(latest_device, '(none)') from picked
)
