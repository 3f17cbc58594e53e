{{ config(post_hook="{{ event_analytics.raise_definition_errors(this) }}") }}
-- What is wrong is said in macros/definitions/rules.sql; here are the rows that its rules look at.
with actions as (

    select * from {{ ref('actions') }}

),

funnels as (

    select
        funnel,
        step_order,
        window_seconds,
        count(funnel) over (partition by funnel) as rows_of_name
    from {{ ref('funnels') }}

),

funnel_steps as (

    select
        funnel,
        step,
        event,
        on_day,
        count(*) over (partition by funnel, step) as rows_of_step
    from {{ ref('funnel_steps') }}

),

funnel_step_numbers as (

    select
        funnel,
        count(distinct step) as steps,
        min(step) as first_step,
        max(step) as last_step
    from funnel_steps
    group by funnel

),

funnel_overlaps as (

    select
        funnel,
        count(distinct reference) as overlapping_steps
    from {{ ref('int_funnel_overlapping_references') }}
    group by funnel

),

retentions as (

    select
        *,
        count(retention) over (partition by retention) as rows_of_name
    from {{ ref('retentions') }}

),

churn_windows as (

    select
        churn_status,
        min_days_inactive,
        max_days_inactive,
        count(churn_status) over (partition by churn_status) as rows_of_name,
        row_number() over (order by min_days_inactive, churn_status) = 1 as is_first,
        row_number() over (order by min_days_inactive, churn_status) = count(*) over () as is_last,
        lag(churn_status) over (order by min_days_inactive, churn_status) as previous_status,
        lag(max_days_inactive) over (order by min_days_inactive, churn_status) as previous_max
    from {{ ref('churn_windows') }}

),

churn_window_counts as (

    select count(*) as windows
    from churn_windows

),

segments as (

    select
        *,
        count(segment) over (partition by segment) as rows_of_name
    from {{ ref('segments') }}

),

errors as (

    {# not union all, as rows that are alike are one error -#}
    {% for rule in definition_rules() -%}
    select
        '{{ rule.file }}' as source_file,
        {{ filled_in(rule.row) }} as source_row,
        {{ filled_in(rule.problem) }} as problem,
        {{ filled_in(rule.mend) }} as mend
    from {{ rule.among }}
    where {{ rule.when }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {% endfor %}

)

select
    source_file,
    source_row,
    problem,
    mend,
    concat(source_file, ': ', source_row, ' ', problem, '; ', mend, '.') as message
from errors
