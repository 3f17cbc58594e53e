with viewed as (
    select user_id, event_time from raw.events where event_name = 'product_viewed'
), carted as (
    select viewed.user_id, viewed.event_time as started_at, events.event_time
    from viewed inner join raw.events as events
        on viewed.user_id = events.user_id and events.event_name = 'cart_added'
        and events.event_time between viewed.event_time and viewed.event_time + interval '604800 seconds'
), checked_out as (
    select carted.user_id, carted.started_at, events.event_time
    from carted inner join raw.events as events
        on carted.user_id = events.user_id and events.event_name = 'checkout_started'
        and events.event_time between carted.event_time and carted.started_at + interval '604800 seconds'
), bought as (
    select checked_out.user_id
    from checked_out inner join raw.events as events
        on checked_out.user_id = events.user_id and events.event_name = 'purchase_completed'
        and events.event_time
            between checked_out.event_time and checked_out.started_at + interval '604800 seconds'
)
select 1 as step, count(distinct user_id) as users from viewed
union all
select 2, count(distinct user_id) from carted
union all
select 3, count(distinct user_id) from checked_out
union all
select 4, count(distinct user_id) from bought
