indexed as (
    select period, period_start, is_complete, $index as number from periods
), lasts as (
    select period, max(number) as last_number from indexed group by 1
), cells as (
    select
        period, period_start, number,
        $each_cell as cell
    from indexed inner join lasts using (period)
)
