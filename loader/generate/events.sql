-- Makes the view `deliveries`: every event with its times, some of them twice.

create temp view events as
with numbered as (
    select
        *,
        unnest(range(events)) as position
    from users
),

-- Event 0 is the signup; each eight that follow are one session or two.
grouped as (
    select
        * exclude (first_number, events),
        first_number + position as event_number,
        (position - 1) % 8 as place,
        1 + ((user_number * 3 + (position - 1) // 8) * 5) % 8 as first_session_events
    from numbered
),

stepped as (
    select
        * exclude (place, first_session_events),
        case
            when position = 0 then 0
            when place < first_session_events then place
            else place - first_session_events
        end as step
    from grouped
),

-- A session is known by the number of its first event.
keyed as (
    select
        *,
        stream(2, event_number - step) as session_stream,
        stream(3, event_number) as event_stream,
        position = step + 1 as is_first_session
    from stepped
),

drawn as (
    select
        *,
        draw(session_stream, 1) as age_share,
        draw(session_stream, 2) < 0.4 as moves,
        floor(draw(session_stream, 3) * 5)::bigint as weekdays_on,
        draw(session_stream, 4) as journey,
        -- Seconds to minutes from one event to the next.
        10000 + floor(draw(session_stream, 5) * 180000)::bigint as gap_ms,
        case habit when 'leaves' then 0.5 else 6.0 end as half_life
    from keyed
),

-- How long after the signup, in days. Leaving and fading follow a power law: half of the sessions
-- come within the half-life, if `days_left` were endless.
aged as (
    select
        *,
        case
            when habit = 'stays' then age_share * days_left
            when habit = 'pauses' and age_share < 0.5 then age_share * 0.5 * days_left
            when habit = 'pauses' then (0.6 + (age_share - 0.5) * 0.8) * days_left
            else half_life * cut_share / (1 - cut_share)
        end as age
    from (select *, age_share * days_left / (days_left + half_life) as cut_share from drawn)
),

dated as (
    select
        *,
        weekly_rhythm(aged_day, weekday, signup_day, moves, weekdays_on) as day
    from (select *, weekday_of(aged_day) as weekday
        from (select *, signup_day + floor(age)::bigint as aged_day from aged))
),

placed as (
    select
        *,
        daily_rhythm(day, draw(session_stream, 6), draw(session_stream, 7), country) as moment
    from dated
),

started as (
    select
        *,
        case
            when position = 0 then signup_ms
            when is_first_session
                then signup_ms + 5000 + floor(draw(session_stream, 8) * 60000)::bigint
            when moment between signup_ms + 600000 and given('last_start_ms') then moment
            else signup_ms + 600000 + floor(
                draw(session_stream, 8) * (given('last_start_ms') - signup_ms - 600000)
            )::bigint
        end as start_ms,
        -- How many steps of the purchase funnel this session tries, one event each.
        case
            when journey < 0.50 then 0
            when journey < 0.74 then 1
            when journey < 0.87 then 2
            when journey < 0.94 then 3
            else 4
        end as depth
    from placed
),

timed as (
    select
        *,
        start_ms
        + step * gap_ms
        + case when step > 0 then floor(draw(event_stream, 1) * 0.9 * gap_ms)::bigint else 0 end
        -- Some sleep over it: from the checkout on, their session goes on up to three days later.
        + case
            when depth >= 3 and step >= 3 and draw(session_stream, 9) < 0.15
                and start_ms + 3 * 86400000 <= given('last_start_ms')
                then 3600000 + floor(draw(session_stream, 10) * 255600000)::bigint
            else 0
        end as event_ms,
        case
            when position = 0 then 'signed_up'
            when step between 1 and depth then given('funnel_steps')[step]
            when step = 0 then 'app_opened'
            else pick(given('other_events'), draw(event_stream, 2))
        end as event_name
    from started
)

select
    event_number,
    user_number,
    session_stream,
    event_stream,
    country,
    referrer,
    case when plan = 'free' and event_ms >= upgrade_ms then 'pro' else plan end as plan,
    event_name,
    event_ms,
    -- A few sessions were offline: they arrive hours or days late, as a whole.
    event_ms
    + floor(draw(event_stream, 3) * 3000)::bigint
    + case
        when draw(session_stream, 11) < 0.02
            then 3600000 + floor(
                draw(session_stream, 12) * draw(session_stream, 13) * 6 * 86400000
            )::bigint
        else 0
    end as arrival_ms
from timed;


-- The events fall into `repeats` stretches of equal length; the last of each arrives twice.
create temp view deliveries as
select
    *,
    false as is_repeat
from events
union all
select
    * replace (
        arrival_ms + 2000 + floor(
            draw(event_stream, 4) * draw(event_stream, 5) * 2 * 86400000
        )::bigint as arrival_ms
    ),
    true as is_repeat
from events
where event_number * given('repeats') // given('unique_events')
    <> (event_number + 1) * given('repeats') // given('unique_events');
