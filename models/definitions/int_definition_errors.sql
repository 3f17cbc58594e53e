{{ config(post_hook="{{ event_analytics.raise_definition_errors(this) }}") }}
-- What is wrong is said in macros/definitions/rules.sql.
with errors as (

    {{ definition_errors({
        'actions': ref('actions'),
        'alerts': ref('alerts'),
        'churn_windows': ref('churn_windows'),
        'funnels': ref('funnels'),
        'funnel_steps': ref('funnel_steps'),
        'identities': ref('identities'),
        'identity_links': ref('identity_links'),
        'retentions': ref('retentions'),
        'segments': ref('segments'),
    }) }}

)

select
    source_file,
    source_row,
    problem,
    mend,
    message
from errors
