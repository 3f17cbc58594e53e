numbered as (
    select user_id, period, $index as number from user_periods
), started as (
    select
        user_id, period, number, min(number) over (partition by user_id, period) as cohort,
        lead(number) over (partition by user_id, period order by number) is null as is_last
    from numbered
)
