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
    where
        case
            when {{ report_of_alert('metric', 'segment') }} in ('{{ reports | join("', '") }}') then true
            when {{ stop_reading('alerts', 'alert') }} then false
            else false
        end

),

bounds as (

    select
        greatest(first_report_date, {{ add_days('last_complete_date', -days_before) }}) as first_date,
        last_complete_date,
        as_of_date
    from {{ ref('int_reporting_bounds') }}

),

calendar as (

    select {{ each_date('first_date', 'as_of_date') }} as calendar_date
    from bounds

),

users as (

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

-- A segment's value has no rows of dates on which nobody is in any window. Those between are filled, and as many
-- after it as it takes until nothing is likely any more.
spans as (

    select
        users.segment as segment,
        users.segment_value as segment_value,
        min(users.calendar_date) as first_date,
        least(
            {{ add_days('max(users.calendar_date)', 7 * weeks) }}, max(bounds.as_of_date)
        ) as last_date
    from users
    cross join bounds
    group by
        users.segment,
        users.segment_value

),

dates as (

    select
        segment,
        segment_value,
        {{ each_date('first_date', 'last_date') }} as calendar_date
    from spans

),

users_of_dates as (

    select
        dates.segment as segment,
        dates.segment_value as segment_value,
        dates.calendar_date as calendar_date,
        coalesce(users.dau, 0) as dau,
        coalesce(users.wau, 0) as wau,
        coalesce(users.mau, 0) as mau
    from dates
    left join users
        on
            dates.segment = users.segment
            and dates.segment_value = users.segment_value
            and dates.calendar_date = users.calendar_date

),

{% if 'signups' in reports -%}
signups as (

    select
        signup_date as calendar_date,
        count(*) as signups
    from {{ ref('fct_signups') }}
    group by signup_date

),

signups_of_dates as (

    select
        calendar.calendar_date as calendar_date,
        coalesce(signups.signups, 0) as signups
    from calendar
    left join signups
        on calendar.calendar_date = signups.calendar_date

),

{% endif -%}
{% if 'sessions' in reports -%}
sessions_of_dates as (

    select
        calendar.calendar_date as calendar_date,
        coalesce(sessions.sessions, 0) as sessions,
        coalesce(sessions.events, 0) as events
    from calendar
    left join {{ ref('int_daily_sessions') }} as sessions
        on calendar.calendar_date = sessions.session_date

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
