-- Makes the table `users`: who signs up when, how they behave, and how many events are theirs.

create temp table users as
with numbered as (
    select
        range as user_number,
        stream(1, range) as user_stream
    from range(given('users'))
),

drawn as (
    select
        user_number,
        user_stream,
        -- Later days see more signups: the density grows in proportion to 1 + 2 x.
        floor(
            (sqrt(1 + 8 * (user_number + draw(user_stream, 1)) / given('users')) - 1) / 2
            * given('days')
        )::bigint as drawn_day,
        draw(user_stream, 2) < 0.4 as moves,
        floor(draw(user_stream, 3) * 5)::bigint as weekdays_on,
        1 + floor(draw(user_stream, 4) * len(given('countries')))::bigint as country,
        -- A few users do very much: the share of those above x falls with 1 / x.
        1 / (1 - 0.999 * draw(user_stream, 5)) as zeal,
        draw(user_stream, 6) as behaviour
    from numbered
),

dated as (
    select
        * exclude (drawn_day),
        weekly_rhythm(drawn_day, weekday, 0, moves, weekdays_on) as day
    from (select *, weekday_of(drawn_day) as weekday from drawn)
),

placed as (
    select
        *,
        daily_rhythm(day, draw(user_stream, 7), draw(user_stream, 8), country) as moment
    from dated
),

signed_up as (
    select
        *,
        case
            when moment between given('start_ms') and given('last_signup_ms') then moment
            else given('start_ms') + floor(
                draw(user_stream, 9) * (given('last_signup_ms') - given('start_ms'))
            )::bigint
        end as signup_ms
    from placed
),

weighed as (
    select
        *,
        (given('last_start_ms') - signup_ms) / 86400000.0 as days_left,
        -- One in three hardly returns, one in three fades, the others stay, some with a pause.
        case
            when behaviour < 0.35 then 'leaves'
            when behaviour < 0.65 then 'fades'
            when behaviour < 0.80 then 'pauses'
            else 'stays'
        end as habit
    from signed_up
),

activity as (
    select
        *,
        floor(
            1000 * zeal * least(days_left + 1, 60)
            * case habit when 'leaves' then 0.15 when 'fades' then 0.6 else 1.5 end
        )::bigint as weight
    from weighed
),

summed as (
    select
        *,
        sum(weight) over (order by user_number) as weight_up_to_here,
        sum(weight) over () as all_weight
    from activity
),

-- Every user signs up; the other events are shared out by weight, so that they add up exactly.
shared_out as (
    select
        *,
        ((weight_up_to_here - weight) * given('activity_events') // all_weight)::bigint as before,
        (weight_up_to_here * given('activity_events') // all_weight)::bigint as up_to_here
    from summed
)

select
    user_number,
    signup_ms,
    (signup_ms - given('start_ms')) // 86400000 as signup_day,
    days_left,
    habit,
    country,
    pick(given('referrers'), draw(user_stream, 10)) as referrer,
    pick(given('plans'), draw(user_stream, 11)) as plan,
    -- Some who start with the free plan move up later; for most, that moment never comes.
    signup_ms + floor(draw(user_stream, 12) * 7 * days_left * 86400000)::bigint as upgrade_ms,
    user_number + before as first_number,
    1 + up_to_here - before as events
from shared_out;
