{#- Every user has one value in each segment, so the counts of all values of a segment add up to the whole
    report, row by row of its grain. A user whom the join to segments loses or takes twice breaks that,
    while each row by itself looks right. -#}
{% test segments_add_up(model, whole, grain, counts) %}

with added as (

    select
        segment,
        {{ grain | join(', ') }}
        {%- for count in counts %},
        sum({{ count }}) as {{ count }}
        {%- endfor %}
    from {{ event_analytics.tested(model) }}
    group by segment, {{ grain | join(', ') }}

),

expected as (

    select
        segments.segment as segment,
        whole.*
    from {{ whole }} as whole
    cross join {{ ref('int_segments') }} as segments

)

select
    coalesce(expected.segment, added.segment) as segment
    {%- for column in grain %},
    coalesce(expected.{{ column }}, added.{{ column }}) as {{ column }}
    {%- endfor %}
    {%- for count in counts %},
    expected.{{ count }} as expected_{{ count }},
    added.{{ count }} as added_{{ count }}
    {%- endfor %}
from expected
full outer join added
    on
        expected.segment = added.segment
        {%- for column in grain %}
        and expected.{{ column }} = added.{{ column }}
        {%- endfor %}
where
    expected.segment is null
    {%- for count in counts %}
    or coalesce(added.{{ count }}, 0) <> expected.{{ count }}
    {%- endfor %}

{% endtest %}
