-- Makes the views `records` (columns) and `lines` (JSON lines): the events to deliver, in the
-- order of their arrival.
--
-- Nothing here depends on the number of threads or on chance: each random draw is a hash of what
-- it is drawn for, sums are sums of integers, and fractions need no more than + - * / and sqrt,
-- which IEEE 754 fixes to the last bit. All times are whole milliseconds since 1970, in UTC.
--
-- loader/generate/plan.py sets the variables. Macros are textual and repeat their arguments, so
-- they are given columns of an earlier step, not expressions: otherwise the query explodes.

create temp macro given(name) as getvariable(name);

-- The finaliser of MurmurHash3 on 32 bits: spreads neighbouring keys evenly. DuckDB's own hash()
-- may differ from version to version, and then the same seed would not give the same bytes.
create temp macro low_bits(x) as x & 4294967295::ubigint;
create temp macro fold(x, places) as xor(x, x >> places);
create temp macro scramble(x) as fold(
    low_bits(fold(low_bits(fold(x, 16) * 2246822507::ubigint), 13) * 3266489909::ubigint), 16
);

-- What all draws for one user (kind 1), session (2) or event (3) start from.
create temp macro stream(kind, key) as scramble(
    low_bits(key::ubigint * 2654435761::ubigint + given('salt') + kind * 2246822519::ubigint)
);

-- A number in [0, 1), one for each stream and purpose.
create temp macro draw(stream, purpose) as (
    scramble(low_bits(stream + purpose * 2654435769::ubigint))::double / 4294967296.0
);

create temp macro pick(list, share) as list[1 + floor(share * len(list))::bigint];

create temp macro weekday_of(day) as (given('first_weekday') + day) % 7;

-- A day of the weekend (`weekday` 5 or 6) that moves becomes a weekday of the week after, or of
-- the same week where all ends before that. It never moves before `earliest`.
create temp macro weekly_rhythm(day, weekday, earliest, moves, weekdays_on) as (
    case
        when weekday < 5 or not moves then day
        when day - weekday + 7 + weekdays_on < given('days') then day - weekday + 7 + weekdays_on
        when day - weekday + weekdays_on >= earliest then day - weekday + weekdays_on
        else day
    end
);

-- A moment of that day: more in the evening than at night, by the clocks of the user's country.
create temp macro daily_rhythm(day, hour_share, within_hour, country) as (
    given('start_ms') + day * 86400000
    + (pick(given('busy_hours'), hour_share) - given('utc_offsets')[country]) * 3600000
    + floor(within_hour * 3600000)::bigint
);


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


-- Sorted while the rows are narrow; what makes them wide is added to the sorted stream.
create temp view sorted_deliveries as
select * from deliveries
order by arrival_ms, event_number, is_repeat;


-- concat() takes all parts at once, where a chain of || copies the text once for each.
create temp view records as
with detailed as (
    select
        event_number,
        user_number,
        event_stream,
        event_name,
        event_ms,
        referrer,
        plan,
        given('countries')[country] as country,
        pick(given('devices'), draw(session_stream, 14)) as device,
        -- A session looks at one product; low numbers sell best.
        1 + floor(draw(session_stream, 15) * draw(session_stream, 16) * 400)::bigint as product,
        1 + floor(draw(session_stream, 17) * draw(session_stream, 18) * 4)::bigint as quantity,
        md5(concat(given('id_salt'), event_number)) as digest
    from sorted_deliveries
),

priced as (
    select
        *,
        concat('"product_id":"p-', product + 1000, '"') as product_id,
        -- From 4.99 to 254.99, the same for a product at all times.
        (499 + 500 * (product * 7919 % 51))::decimal(9, 2) / 100 as price
    from detailed
)

select
    -- A UUID of version 4: 122 bits of the digest.
    concat(
        left(digest, 8), '-', substr(digest, 9, 4), '-4', substr(digest, 14, 3), '-',
        ['8', '9', 'a', 'b'][1 + ascii(right(digest, 1)) % 4], substr(digest, 17, 3), '-',
        substr(digest, 20, 12)
    ) as event_id,
    event_name,
    epoch_ms(event_ms) as event_time,
    concat('user-', user_number + 1) as user_id,
    concat(
        '{"country":"', country, '","device":"', device, '","plan":"', plan, '"',
        case event_name
            when 'signed_up' then concat(',"referrer":"', referrer, '"')
            when 'page_viewed' then concat(
                ',"page":"', pick(given('pages'), draw(event_stream, 6)), '"'
            )
            when 'search_performed' then concat(
                ',"results":', floor(draw(event_stream, 7) * draw(event_stream, 8) * 300)::int
            )
            when 'product_viewed' then concat(',', product_id, ',"price":', price)
            when 'cart_added'
                then concat(',', product_id, ',"price":', price, ',"quantity":', quantity)
            when 'checkout_started' then concat(',"cart_value":', quantity * price)
            when 'purchase_completed' then concat(
                ',', product_id, ',"quantity":', quantity, ',"revenue":', quantity * price,
                ',"currency":"EUR"'
            )
            when 'review_written' then concat(
                ',', product_id, ',"stars":',
                5 - floor(draw(event_stream, 7) * draw(event_stream, 8) * 5)::int
            )
        end,
        '}'
    ) as properties
from priced;


create temp view lines as
select
    concat(
        '{"event_id":"', event_id,
        '","event_name":"', event_name,
        '","event_time":"', strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ'),
        '","user_id":"', user_id,
        '","properties":', properties, '}'
    ) as line
from records;
