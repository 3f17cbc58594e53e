-- Does the funnel convert better or worse than before? By the week of entry, over those days only
-- whose window has passed: a later day looks worse than it is.
with daily as (

    select * from {{ ref('funnel_conversion_daily') }}

),

weekly as (

    select
        {{ event_analytics.week_start_date('entry_date') }} as entry_week,
        -- each user enters on one date only, so these may be added up
        sum(case when step = 1 then users else 0 end) as entered_users,
        sum(case when step = 2 then users else 0 end) as converted_users
    from daily
    where
        funnel = 'question_to_feedback'
        and is_complete
    group by {{ event_analytics.week_start_date('entry_date') }}

)

select
    entry_week,
    entered_users,
    converted_users,
    {{ event_analytics.rate('converted_users', 'entered_users') }} as conversion_rate
from weekly
order by entry_week
