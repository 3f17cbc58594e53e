{{ config(severity='warn', enabled=may_repeat_ids() and not var('events_model')) }}
-- Where the loader cannot ask of each event whether its id is there already, the build finds out.
-- The first event stays, the other one is in no view, and somebody who sends both should know.
with conflicting as (

    {{ conflicting_ids() }}

),

counted as (

    select
        count(*) as ids,
        min(cast(event_id as {{ dbt.type_string() }})) as example
    from conflicting

),

messages as (

    select
        concat(
            cast(ids as {{ dbt.type_string() }}),
            ' ids of events were delivered again with other content, such as ', example,
            '; only the first delivery of each counts. If these are different events, give them',
            ' ids of their own, and deliver them again.'
        ) as message
    from counted
    where ids > 0

)

select message
from messages
