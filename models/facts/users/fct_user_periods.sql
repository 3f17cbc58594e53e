{{ config(**fact(key=['user_id', 'period', 'period_start'])) }}
{% do may_read(['int_touched_users']) -%}
with user_dates as (

    select * from {{ ref('int_user_dates') }}

),

{% for period, start_date in [('week', week_start_date), ('month', month_start_date)] -%}
{{ period }}s as (

    select
        user_dates.user_id as user_id,
        '{{ period }}' as period,
        {{ start_date('user_dates.activity_date') }} as period_start,
        count(*) as days_active
    from user_dates
    {%- if refreshing() %}
    inner join {{ ref('int_touched_users') }} as touched_users
        on
            user_dates.user_id = touched_users.user_id
            and user_dates.activity_date >= {{ start_date('touched_users.since_date') }}
    {%- endif %}
    group by
        user_dates.user_id,
        {{ start_date('user_dates.activity_date') }}

),

{% endfor -%}
unioned as (

    select * from weeks
    union all
    select * from months

)

select
    user_id,
    cast(period as {{ dbt.type_string() }}) as period,
    period_start,
    days_active
from unioned
