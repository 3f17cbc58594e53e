with last_active_dates as (

    select * from {{ ref('fct_last_active_dates') }}

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

inactive as (

    select
        last_active_dates.user_id as user_id,
        last_active_dates.last_active_date as last_active_date,
        {{ days_between('last_active_dates.last_active_date', 'bounds.as_of_date') }}
            as days_inactive
    from last_active_dates
    cross join bounds

),

classified as (

    select
        inactive.user_id as user_id,
        inactive.last_active_date as last_active_date,
        inactive.days_inactive as days_inactive,
        churn_windows.churn_status as churn_status
    from inactive
    left join churn_windows
        on {{ in_churn_window('inactive.days_inactive', 'churn_windows') }}

)

select
    user_id,
    last_active_date,
    days_inactive,
    churn_status
from classified
