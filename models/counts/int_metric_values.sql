{{ config(**shared_view()) }}
{% set reports = reports_of_alerts(ref('int_alerts')) -%}
{% set weeks = whole_number('anomaly_weeks', 2) -%}
{% set days_before = [
    whole_number('alert_report_days', 1) - 1 + 7 * weeks + whole_number('anomaly_days', 2),
    2 * most_alert_days() - 1,
] | max -%}
{% set segment_key = ['segment', 'segment_value'] -%}
with alerts as (

    select * from {{ ref('int_alerts') }}

),

watched as (

    select distinct
        metric,
        segment
    from alerts
    {# Where this is a table, it is made of the alerts that it is compiled for. -#}
    {% if not rebuilds() -%}
    where
        case
            when
                {{ report_of_alert('metric', 'segment') }}
                in ({{ "'" ~ reports | join("', '") ~ "'" }})
                then true
            when {{ stop_reading('alerts', 'alert') }} then false
            else false
        end
    {%- endif %}

),

bounds as (

    select
        greatest(
            first_report_date, {{ add_days('last_complete_date', -days_before) }}
        ) as first_date,
        last_complete_date,
        as_of_date
    from {{ ref('int_reporting_bounds') }}

),

-- without joins, whose sizes databases cannot foresee: a row of zeros for each date that there has
-- to be, to which what was counted is added
calendar as (

    select {{ each_date('first_date', 'as_of_date') }} as calendar_date
    from bounds

),

counted_users as (

    select
        daily.segment as segment,
        daily.segment_value as segment_value,
        daily.activity_date as calendar_date,
        daily.dau as dau,
        daily.wau as wau,
        daily.mau as mau
    from {{ ref('int_daily_active_users') }} as daily
    inner join bounds
        on daily.activity_date >= bounds.first_date
    {% if 'users_by_segment' not in reports -%}
    where daily.breakdown = 'none'
    {%- endif %}

),

-- A segment's value has no rows of dates on which nobody is in any window. Those between are
-- filled, and as many after it as it takes until nothing is likely any more.
spans as (

    select
        counted_users.segment as segment,
        counted_users.segment_value as segment_value,
        min(counted_users.calendar_date) as first_date,
        least(
            {{ add_days('max(counted_users.calendar_date)', 7 * weeks) }}, max(bounds.as_of_date)
        ) as last_date
    from counted_users
    cross join bounds
    group by
        counted_users.segment,
        counted_users.segment_value

),

users_and_zeros as (

    select
        segment,
        segment_value,
        {{ each_date('first_date', 'last_date') }} as calendar_date,
        0 as dau,
        0 as wau,
        0 as mau
    from spans
    union all
    select
        segment,
        segment_value,
        calendar_date,
        dau,
        wau,
        mau
    from counted_users

),

users_of_dates as (

    select
        segment,
        segment_value,
        calendar_date,
        sum(dau) as dau,
        sum(wau) as wau,
        sum(mau) as mau
    from users_and_zeros
    group by
        segment,
        segment_value,
        calendar_date

),

{% if 'signups' in reports -%}
signups_and_zeros as (

    select
        calendar_date,
        0 as signups
    from calendar
    union all
    select
        signups.signup_date as calendar_date,
        1 as signups
    from {{ ref('fct_signups') }} as signups
    inner join bounds
        on signups.signup_date >= bounds.first_date

),

signups_of_dates as (

    select
        calendar_date,
        sum(signups) as signups
    from signups_and_zeros
    group by calendar_date

),

{% endif -%}
{% if 'sessions' in reports -%}
sessions_and_zeros as (

    select
        calendar_date,
        0 as sessions,
        0 as events
    from calendar
    union all
    select
        daily.session_date as calendar_date,
        daily.sessions as sessions,
        daily.events as events
    from {{ ref('int_daily_sessions') }} as daily
    inner join bounds
        on daily.session_date >= bounds.first_date

),

sessions_of_dates as (

    select
        calendar_date,
        sum(sessions) as sessions,
        sum(events) as events
    from sessions_and_zeros
    group by calendar_date

),

{% endif -%}
unioned as (

    select
        watched.metric as metric,
        users.segment as segment,
        users.segment_value as segment_value,
        users.calendar_date as calendar_date,
        {{ part_of_metric('numerator', 'users', 'users') }} as numerator,
        {{ part_of_metric('denominator', 'users', 'users') }} as denominator
    from users_of_dates as users
    inner join watched
        on users.segment = watched.segment
    where watched.metric in ({{ metrics_of_report('users') }})
    {%- for report in ('signups', 'sessions') if report in reports %}
    union all
    select
        watched.metric as metric,
        '' as segment,
        '' as segment_value,
        {{ report }}.calendar_date as calendar_date,
        {{ part_of_metric('numerator', report, report) }} as numerator,
        {{ part_of_metric('denominator', report, report) }} as denominator
    from {{ report }}_of_dates as {{ report }}
    cross join watched
    where watched.metric in ({{ metrics_of_report(report) }})
    {%- endfor %}

)

select
    unioned.metric as metric,
    unioned.segment as segment,
    unioned.segment_value as segment_value,
    unioned.calendar_date as calendar_date,
    cast(unioned.numerator as bigint) as numerator,
    cast(unioned.denominator as bigint) as denominator,
    unioned.calendar_date <= bounds.last_complete_date as is_complete
from unioned
cross join bounds
