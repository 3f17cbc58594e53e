with segments as (

    select * from {{ ref('segments') }}

),

unnamed_segments as (

    select
        'segments' as seed,
        '' as seed_row,
        'has no name' as problem,
        'give the segment a name' as mend
    from segments
    where segment is null

),

repeated_segments as (

    select
        'segments' as seed,
        segment as seed_row,
        'stands in more than one row' as problem,
        'keep one row for each segment' as mend
    from segments
    where segment is not null
    group by segment
    having count(*) > 1

),

missing_properties as (

    select
        'segments' as seed,
        segment as seed_row,
        'names no property' as problem,
        'write the property of events that tells users apart' as mend
    from segments
    where property is null

),

unknown_picks as (

    select
        'segments' as seed,
        segment as seed_row,
        concat('has the pick ''', coalesce(pick, ''), ''', which is not known') as problem,
        'write first or latest' as mend
    from segments
    where pick is null or pick not in ('first', 'latest')

),

unioned as (

    select * from unnamed_segments
    union all
    select * from repeated_segments
    union all
    select * from missing_properties
    union all
    select * from unknown_picks

)

select
    seed,
    seed_row,
    problem,
    mend
from unioned
