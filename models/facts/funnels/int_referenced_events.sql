-- The events from which funnels are computed, once under each reference by which they are asked
-- for: a name or an action, `*` for any event, or `$signup`. Each kind is computed only where a
-- definition has a reference of it: also in `exists`, which PostgreSQL answers first.
with event_references as (

    select * from {{ ref('int_event_references') }}

),

events as (

    select
        event_id,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_funnel_events') }}

),

event_names as (

    {{ references_by_name('event_references', ref('int_actions')) }}

),

named as (

    select
        event_names.reference as reference,
        events.event_id as event_id,
        events.user_id as user_id,
        events.occurred_at as occurred_at,
        events.event_date as event_date
    from {{ ref('int_funnel_events') }} as events
    inner join event_names
        on events.event_name = event_names.reference
    union all
    select
        reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_funnel_action_events') }}

),

signups as (

    select * from {{ ref('fct_signups') }}

),

may_be_signups as (

    select
        event_id,
        user_id,
        occurred_at,
        event_date
    {%- if signup_event() %}
    from named
    where reference = {{ text_literal(signup_event()) }}
    {%- else %}
    from events
    {%- endif %}

),

-- several events at the very instant of the signup: one of them is it, always the same
signup_events as (

    select
        may_be_signups.event_id as event_id,
        may_be_signups.user_id as user_id,
        may_be_signups.occurred_at as occurred_at,
        may_be_signups.event_date as event_date,
        row_number() over (
            partition by may_be_signups.user_id order by {{ by_id('may_be_signups.event_id') }}
        ) as preference
    from may_be_signups
    {{ hashed_join() }} signups
        on
            may_be_signups.user_id = signups.user_id
            and may_be_signups.occurred_at = signups.signed_up_at
    where coalesce(may_be_signups.user_id = signups.user_id, false)
    {{ end_of_hashed_join() }}

),

unioned as (

    select
        named.reference as reference,
        named.event_id as event_id,
        named.user_id as user_id,
        named.occurred_at as occurred_at,
        named.event_date as event_date
    from named
    inner join event_references
        on named.reference = event_references.reference
    where
        -- in a definition these are signs, even where an event has such a name
        named.reference not in ('*', '$signup')
        and exists (
            select 1 from event_references as used
            where used.reference not in ('*', '$signup')
        )
    union all
    select
        '*' as reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from events
    where
        exists (
            select 1 from event_references as used
            where used.reference = '*'
        )
    union all
    select
        '$signup' as reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from signup_events
    where
        preference = 1
        and exists (
            select 1 from event_references as used
            where used.reference = '$signup'
        )

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from unioned
