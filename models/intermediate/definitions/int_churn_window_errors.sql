with windows as (

    select * from {{ ref('churn_windows') }}

),

neighbours as (

    select
        churn_status,
        min_days_inactive,
        max_days_inactive,
        row_number() over (order by min_days_inactive, churn_status) as window_number,
        count(*) over () as window_count,
        lag(churn_status) over (order by min_days_inactive, churn_status) as previous_status,
        lag(max_days_inactive) over (order by min_days_inactive, churn_status) as previous_max
    from windows

),

no_windows as (

    select
        'churn_windows' as seed,
        '' as seed_row,
        'is missing: the seed has no rows' as problem,
        'write at least one window, from 0 days on and without an end' as mend
    from windows
    having count(*) = 0

),

unnamed_windows as (

    select
        'churn_windows' as seed,
        '' as seed_row,
        'has no churn_status' as problem,
        'give the window a churn_status' as mend
    from windows
    where churn_status is null

),

repeated_statuses as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        'stands in more than one row' as problem,
        'keep one row for each churn_status' as mend
    from windows
    group by churn_status
    having count(*) > 1

),

impossible_windows as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        'has an empty or negative min_days_inactive, or a max_days_inactive below it' as problem,
        'write whole days from 0 up, the smaller number first' as mend
    from windows
    where
        min_days_inactive is null
        or min_days_inactive < 0
        or max_days_inactive < min_days_inactive

),

late_starts as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        concat(
            'is the first window and starts at ',
            cast(min_days_inactive as {{ dbt.type_string() }}),
            ' days'
        ) as problem,
        'let the first window start at 0' as mend
    from neighbours
    where window_number = 1 and min_days_inactive > 0

),

overlapping as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        concat('overlaps with ''', previous_status, '''') as problem,
        'let each window start one day after the one before it ends' as mend
    from neighbours
    where
        window_number > 1
        and (previous_max is null or previous_max >= min_days_inactive)

),

gaps as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        concat('leaves a gap after ''', previous_status, '''') as problem,
        'let each window start one day after the one before it ends' as mend
    from neighbours
    where previous_max + 1 < min_days_inactive

),

early_ends as (

    select
        'churn_windows' as seed,
        churn_status as seed_row,
        'is the last window and has an end' as problem,
        'leave max_days_inactive of the last window empty' as mend
    from neighbours
    where window_number = window_count and max_days_inactive is not null

),

unioned as (

    select * from no_windows
    union all
    select * from unnamed_windows
    union all
    select * from repeated_statuses
    union all
    select * from impossible_windows
    union all
    select * from late_starts
    union all
    select * from overlapping
    union all
    select * from gaps
    union all
    select * from early_ends

)

select
    seed,
    seed_row,
    problem,
    mend
from unioned
