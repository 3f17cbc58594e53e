-- Makes the views `records` (columns) and `lines` (JSON lines): what is delivered, in the order
-- of its arrival.

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
