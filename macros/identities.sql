{#- Which ids are one person, and how events come by their person (docs/identities.md). -#}

{#- Whether ids that are linked count as one person. -#}
{% macro identities_are_merged() %}
    {%- set identity = var('identity') | string | lower -%}
    {%- if identity not in ('none', 'merge') -%}
        {{- exceptions.raise_compiler_error(
            "The variable identity is '" ~ var('identity') ~ "'; set it to none, by which every user_id is a person "
            ~ "of its own, or to merge."
        ) -}}
    {%- endif -%}
    {%- do event_analytics.whole_number('max_person_ids', 2) -%}
    {{- return(identity == 'merge') -}}
{% endmacro %}


{#- The person of a row of `events`, which join_persons() has joined. -#}
{% macro person_id(events) -%}
    {%- if event_analytics.identities_are_merged() -%}
    coalesce(persons.person_id, {{ events }}.user_id)
    {%- else -%}
    {{ events }}.user_id
    {%- endif -%}
{%- endmacro %}


{#- In a from, after `events`: their persons, where ids are merged. -#}
{% macro join_persons(events) -%}
    {%- if event_analytics.identities_are_merged() -%}
    left join {{ ref('int_persons') }} as persons
        on {{ events }}.user_id = persons.user_id
    {%- endif -%}
{%- endmacro %}


{#- Passes by which ids that are linked come to one number. In each, every id takes the number of one of those that it
    is linked with, or keeps its own: whichever is first in an order, another one in each pass. Links become links
    between these numbers, and those of a number with itself are done. In the first pass ids come first that are
    linked with most, so that users and their devices are done with it; after that, orders look like chance. So on
    average at least a quarter of the numbers are gone after each pass, whatever the links look like, and of chains
    and trees about half. 1,000 ids in a chain take 12 passes, and 200,000 take 19: what is left after the last one is
    taken for more ids than a person may have. -#}
{% macro identity_passes() %}
    {{- return(32) -}}
{% endmacro %}


{#- The order of a pass: numbers times one number, plus another, modulo a prime above all of them; and what undoes
    that. Nothing but the number of the pass decides on these, so that all readers see the same. -#}
{% macro identity_order(number) %}
    {%- set prime = 2147483647 -%}
    {%- if number == 1 -%}
        {{- return({'prime': prime, 'factor': 1, 'summand': 0, 'inverse': 1}) -}}
    {%- endif -%}
    {%- set digits = local_md5('pass ' ~ number) -%}
    {%- set factor = digits[:7] | int(base=16) + 1 -%}
    {%- set summand = digits[7:14] | int(base=16) -%}
    {%- set rest = namespace(old=prime, new=factor, old_times=0, times=1) -%}
    {%- for _ in range(64) if rest.new > 1 -%}
        {%- set whole = rest.old // rest.new -%}
        {%- set new = rest.old - whole * rest.new -%}
        {%- set times = rest.old_times - whole * rest.times -%}
        {%- set rest.old = rest.new -%}
        {%- set rest.new = new -%}
        {%- set rest.old_times = rest.times -%}
        {%- set rest.times = times -%}
    {%- endfor -%}
    {{- return({
        'prime': prime, 'factor': factor, 'summand': summand, 'inverse': rest.times % prime,
    }) -}}
{% endmacro %}


{#- The place of a number in the order of a pass. -#}
{% macro place_in_order(number, order) -%}
    ({{ number }} * {{ order.factor }} + {{ order.summand }}) % {{ order.prime }}
{%- endmacro %}


{#- The number that has a place. -#}
{% macro number_at_place(place, order) -%}
    (({{ place }} + {{ order.prime - order.summand }}) % {{ order.prime }}) * {{ order.inverse }} % {{ order.prime }}
{%- endmacro %}


{#- A select of user_id, neighbours and id_number of the ids in a step that have fewer neighbours than most_ids: numbers
    from 1 on, first those of ids with most neighbours. -#}
{% macro numbered_ids(neighbour_counts, most_ids) %}
    {{- return(adapter.dispatch('numbered_ids', 'event_analytics')(neighbour_counts, most_ids)) -}}
{% endmacro %}

{% macro default__numbered_ids(neighbour_counts, most_ids) -%}
    select
        user_id,
        neighbours,
        row_number() over (order by neighbours desc, user_id asc) as id_number
    from {{ neighbour_counts }}
    where neighbours < {{ most_ids }}
{%- endmacro %}
