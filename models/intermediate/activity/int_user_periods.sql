with user_days as (

    select * from {{ ref('int_user_days') }}

),

user_periods as (

    -- each user and day is there once already
    {% for period in ['day', 'week', 'month'] -%}
    select {{ 'distinct' if period != 'day' }}
        user_id,
        '{{ period }}' as period,
        {{ period_start_date("'" ~ period ~ "'", 'activity_date') }} as period_start
    from user_days
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
)

select
    user_id,
    period,
    period_start
from user_periods
