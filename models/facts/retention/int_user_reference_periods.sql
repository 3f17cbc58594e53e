with reference_periods as (

    select * from {{ ref('fct_reference_periods') }}

),

signup_periods as (

    select distinct period
    from {{ ref('int_retentions') }}
    where
        cohort_event = '$signup'
        or return_event = '$signup'

),

signups as (

    select
        signups.user_id as user_id,
        '$signup' as reference,
        signup_periods.period as period,
        {{ period_index('signup_periods.period', 'signups.signup_date') }} as period_index
    from {{ ref('fct_signups') }} as signups
    cross join signup_periods
    where
        exists (
            select 1 from signup_periods as used
            where used.period is not null
        )

),

unioned as (

    select * from reference_periods
    union all
    select * from signups

)

select
    user_id,
    reference,
    period,
    period_index
from unioned
