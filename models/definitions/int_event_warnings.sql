-- What reports are made for, within limits that variables set: beyond them everything stays right,
-- but a view has as many rows as somebody's ids, and few can read it.
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

old_events as (

    select
        'events' as found_in,
        cast(null as bigint) as found,
        concat(
            'The first event is dated ', cast(first_event_date as {{ dbt.type_string() }}),
            '; reports by date begin with ', cast(first_report_date as {{ dbt.type_string() }})
        ) as problem,
        'the variable max_report_days says how far they go back' as mend
    from bounds
    where first_event_date < first_report_date

),

user_events as (

    select
        user_id,
        {{ row_count() }} as events
    from {{ ref('fct_events') }}
    group by user_id

),

busy_users as (

    select
        'users' as found_in,
        events as found,
        concat(
            'The user ''', user_id, ''' has ', cast(events as {{ dbt.type_string() }}), ' events'
        ) as problem,
        {{ text_literal(
            'if many share this id, or it is that of a program, send ids of persons'
            ~ ' (variable many_user_events)'
        ) }} as mend
    from user_events
    where events > {{ whole_number('many_user_events', 1) }}

),

segment_values as (

    select
        segment,
        {{ row_count() }} as segment_values
    from {{ ref('agg_segment_values') }}
    group by segment

),

long_segments as (

    select
        'segments' as found_in,
        segment_values as found,
        concat(
            'The segment ''', segment, ''' has ',
            cast(segment_values as {{ dbt.type_string() }}), ' values'
        ) as problem,
        {{ text_literal(
            'if these are ids, take a property of few values'
            ~ ' (seeds/segments.csv; variable many_segment_values)'
        ) }} as mend
    from segment_values
    where segment_values > {{ whole_number('many_segment_values', 1) }}

),

event_names as (

    select {{ row_count() }} as event_names
    from {{ ref('agg_event_totals') }}

),

many_names as (

    select
        'event names' as found_in,
        event_names as found,
        concat('Events have ', cast(event_names as {{ dbt.type_string() }}), ' names') as problem,
        'if names hold ids, put these into properties (variable many_event_names)' as mend
    from event_names
    where event_names > {{ whole_number('many_event_names', 1) }}

),

event_properties as (

    select
        event_name,
        {{ row_count() }} as properties
    from {{ ref('agg_event_properties') }}
    group by event_name

),

many_properties as (

    select
        'properties' as found_in,
        properties as found,
        concat(
            'The event ''', event_name, ''' has ',
            cast(properties as {{ dbt.type_string() }}), ' properties'
        ) as problem,
        'if keys are ids, put these into values (variable many_properties)' as mend
    from event_properties
    where properties > {{ whole_number('many_properties', 1) }}

),

unioned as (

    select * from old_events
    union all
    select * from busy_users
    union all
    select * from long_segments
    union all
    select * from many_names
    union all
    select * from many_properties

)

select
    found_in,
    found,
    problem,
    mend,
    concat(problem, '; ', mend, '.') as message
from unioned
