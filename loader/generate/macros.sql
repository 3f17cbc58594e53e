-- Macros for the files beside this one, which run in this order: macros, users, events, records.
--
-- Nothing in them depends on the number of threads or on chance: each random draw is a hash of what
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
