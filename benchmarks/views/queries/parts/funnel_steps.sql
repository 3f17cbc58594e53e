firsts as (
    select
        user_id, event_time, row_number() over (partition by user_id order by event_time, event_id) as number,
        $day as day
    from raw.events
), starts as (
    select
        user_id, min(case when number = 1 then event_time end) as started_at,
        min(case when number = 2 then event_time end) as next_at
    from firsts where number <= 2 group by 1
), next_days as (
    select starts.user_id, min(firsts.event_time) as next_day_at
    from starts inner join firsts on starts.user_id = firsts.user_id and firsts.day = $started_day + 1
    group by 1
), purchase as (
    select
        user_id, event_name, event_time,
        min(case when event_name = 'purchase_completed' then event_time end)
            over (partition by user_id order by event_time desc) as bought_at
    from raw.events
    where event_name in ('product_viewed', 'cart_added', 'checkout_started', 'purchase_completed')
), checkout as (
    select
        user_id, event_name, event_time,
        min(case when event_name = 'checkout_started' then event_time end) over following as checkout_at,
        min(case when event_name = 'checkout_started' then bought_at end) over following as bought_at
    from purchase
    window following as (partition by user_id order by event_time desc)
), cart as (
    select
        user_id, event_name, event_time,
        min(case when event_name = 'cart_added' then event_time end) over following as cart_at,
        min(case when event_name = 'cart_added' then checkout_at end) over following as checkout_at,
        min(case when event_name = 'cart_added' then bought_at end) over following as bought_at
    from checkout
    window following as (partition by user_id order by event_time desc)
), attempts as (
    select
        user_id, event_time as started_at,
        case when cart_at <= event_time + interval '604800 seconds' then cart_at end as cart_at,
        case when checkout_at <= event_time + interval '604800 seconds' then checkout_at end as checkout_at,
        case when bought_at <= event_time + interval '604800 seconds' then bought_at end as bought_at
    from cart
    where event_name = 'product_viewed'
), preferred as (
    select
        user_id, started_at, cart_at, checkout_at, bought_at,
        row_number() over (
            partition by user_id
            order by
                case when bought_at is not null then 4 when checkout_at is not null then 3
                    when cart_at is not null then 2 else 1 end desc, started_at
        ) as preference
    from attempts
), best as (
    select user_id, started_at, cart_at, checkout_at, bought_at from preferred where preference = 1
), steps as (
    select 'signup_to_activity' as funnel, 1 as step, user_id, started_at, started_at as reached_at,
        cast(null as timestamptz) as previous_at
    from starts
    union all
    select 'signup_to_activity', 2, user_id, started_at, next_at, started_at from starts where next_at is not null
    union all
    select 'signup_to_day_1_activity', 1, user_id, started_at, started_at, null from starts
    union all
    select 'signup_to_day_1_activity', 2, user_id, started_at, next_day_at, started_at
    from starts inner join next_days using (user_id)
    union all
    select 'view_to_purchase', 1, user_id, started_at, started_at, null from best
    union all
    select 'view_to_purchase', 2, user_id, started_at, cart_at, started_at from best where cart_at is not null
    union all
    select 'view_to_purchase', 3, user_id, started_at, checkout_at, cart_at from best where checkout_at is not null
    union all
    select 'view_to_purchase', 4, user_id, started_at, bought_at, checkout_at from best where bought_at is not null
)
