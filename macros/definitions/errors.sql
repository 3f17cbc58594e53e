{#- All that is wrong in definitions and variables, as a query: a row for each that breaks a rule of rules.sql.
    Of `definitions` is each seed, by its name: a relation, or a query in brackets. -#}
{% macro definition_errors(definitions) %}
    with {{ event_analytics.checked_definitions(definitions) }},

    errors as (

        {# not union all, as rows that are alike are one error -#}
        {% for rule in event_analytics.definition_rules() -%}
        select
            '{{ rule.file }}' as source_file,
            {{ event_analytics.filled_in(rule.row) }} as source_row,
            {{ event_analytics.filled_in(rule.problem) }} as problem,
            {{ event_analytics.filled_in(rule.mend) }} as mend
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
{% endmacro %}


{#- The CTEs whose rows the rules look at. -#}
{% macro checked_definitions(definitions) -%}
    actions as (

        select
            action,
            event_name,
            property,
            operator,
            value
        from {{ definitions['actions'] }} as actions

    ),

    funnels as (

        select
            funnel,
            step_order,
            window_seconds,
            count(funnel) over (partition by funnel) as rows_of_name
        from {{ definitions['funnels'] }} as funnels

    ),

    funnel_steps as (

        select
            funnel,
            step,
            event,
            on_day,
            count(*) over (partition by funnel, step) as rows_of_step
        from {{ definitions['funnel_steps'] }} as funnel_steps

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

    overlapping_references as (

        {{ event_analytics.overlapping_references('funnel_steps', 'actions') }}

    ),

    funnel_overlaps as (

        select
            funnel,
            count(distinct reference) as overlapping_steps
        from overlapping_references
        group by funnel

    ),

    retentions as (

        select
            retention,
            cohort_event,
            cohort_kind,
            return_event,
            period,
            periods,
            count(retention) over (partition by retention) as rows_of_name
        from {{ definitions['retentions'] }} as retentions

    ),

    churn_windows as (

        select
            churn_status,
            min_days_inactive,
            max_days_inactive,
            count(churn_status) over (partition by churn_status) as rows_of_name,
            row_number() over (order by min_days_inactive, churn_status) = 1 as is_first,
            row_number() over (order by min_days_inactive, churn_status) = count(*) over () as is_last,
            lag({{ event_analytics.nullable('churn_status') }}) over (order by min_days_inactive, churn_status) as previous_status,
            lag({{ event_analytics.nullable('max_days_inactive') }}) over (order by min_days_inactive, churn_status) as previous_max
        from {{ definitions['churn_windows'] }} as churn_windows

    ),

    churn_window_counts as (

        select count(*) as windows
        from churn_windows

    ),

    identities as (

        select
            user_id,
            other_id
        from {{ definitions['identities'] }} as identities

    ),

    identity_links as (

        select
            event_name,
            property,
            known_id,
            count(*) over (partition by event_name, property) as rows_of_property
        from {{ definitions['identity_links'] }} as identity_links

    ),

    alerts as (

        select
            alert,
            metric,
            segment,
            rule,
            direction,
            bound,
            days,
            severity,
            count(alert) over (partition by alert) as rows_of_name
        from {{ definitions['alerts'] }} as alerts

    ),

    segments as (

        select
            segment,
            property,
            pick,
            count(segment) over (partition by segment) as rows_of_name
        from {{ definitions['segments'] }} as segments

    )
{%- endmacro %}


{#- Which two references of a funnel may take the same event, `*` and `$signup` apart: the one takes every event,
    the other any event of a user, but only one. -#}
{% macro overlapping_references(funnel_steps, actions) -%}
    with step_references as (

        select distinct
            funnel,
            event as reference
        from {{ funnel_steps }}
        where event not in ('*', '$signup')

    ),

    conditions as (

        select
            step_references.funnel as funnel,
            step_references.reference as reference,
            coalesce(actions.event_name, step_references.reference) as event_name,
            actions.property as property,
            actions.operator as operator,
            actions.value as value
        from step_references
        left join {{ actions }} as actions
            on step_references.reference = actions.action

    ),

    pairs as (

        select
            one.funnel as funnel,
            one.reference as reference,
            other.reference as other_reference,
            one.event_name as event_name,
            -- a property has one value, so no event has two of them
            max(
                case
                    when
                        one.property = other.property
                        and one.operator = 'equals'
                        and other.operator = 'equals'
                        and one.value <> other.value
                        then 1
                    else 0
                end
            ) as excludes
        from conditions as one
        inner join conditions as other
            on
                one.funnel = other.funnel
                and one.event_name = other.event_name
                and one.reference <> other.reference
        group by
            one.funnel,
            one.reference,
            other.reference,
            one.event_name

    )

    select distinct
        funnel,
        reference,
        other_reference
    from pairs
    where excludes = 0
{%- endmacro %}
