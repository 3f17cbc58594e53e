with spans as (

    select * from {{ ref('agg_event_span') }}

),

spanned as (

    select
        {{ local_date('first_event_at') }} as first_event_date,
        {{ local_date('last_event_at') }} as last_event_date
    from spans

),

bounded as (

    select
        first_event_date,
        last_event_date,
        {% if as_of_date() -%}
        cast('{{ as_of_date() }}' as date) as as_of_date,
        cast('{{ as_of_date() }}' as date) as last_complete_date
        {%- else -%}
        last_event_date as as_of_date,
        -- the day of the latest event may still be running
        {{ add_days('last_event_date', -1) }} as last_complete_date
        {%- endif %}
    from spanned

)

select
    first_event_date,
    last_event_date,
    as_of_date,
    last_complete_date
from bounded
