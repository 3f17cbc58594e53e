{#- What makes a definition wrong, as a table with an entry for each rule. definition_errors() in errors.sql looks
    each of them up, and a build ends at its start with the sentence `file: row problem; mend.`

    To add a rule, add an entry to the list of its file:

        when      SQL that is true of a faulty row, and of no other
        problem   what is wrong with it, the end of a sentence that begins with the row
        mend      what to do about it, in the imperative
        among     the CTE of definition_errors() whose rows are looked at, where not that of the file
        row       what the row is called, where not as others of its file

    In texts, {step} is what the column step of the faulty row says, and nothing where it is null. Add a row
    that breaks the rule to tests/metrics/faults/ as well, and its sentence. -#}
{% macro definition_rules() %}
    {%- set rules = [] -%}
    {%- for of_file in [
        event_analytics.action_rules(),
        event_analytics.funnel_rules(),
        event_analytics.funnel_step_rules(),
        event_analytics.retention_rules(),
        event_analytics.churn_window_rules(),
        event_analytics.segment_rules(),
        event_analytics.alert_rules(),
        event_analytics.identity_rules(),
        event_analytics.identity_link_rules(),
    ] -%}
        {%- for rule in of_file.rules -%}
            {%- do rules.append(dict(of_file, **rule)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(rules) -}}
{% endmacro %}


{% macro action_rules() %}
    {{- return({'file': "seeds/actions.csv", 'among': "actions", 'row': "row '{action}, {event_name}'",
      'rules': [
        {'when': "action is null",
         'problem': "has no action",
         'mend': "give the action a name"},
        {'when': "action in ('*', '$signup')",
         'row': "row '{action}'",
         'problem': "has the name of a sign that definitions use",
         'mend': "give the action another name than * and $signup"},
        {'when': "event_name is null",
         'problem': "names no event",
         'mend': "write the name of the event that it filters"},
        {'when': "event_name in ('*', '$signup')",
         'problem': "asks for a sign where an event name belongs",
         'mend': "write the name of one event; more events are more rows"},
        {'when': "event_name = action",
         'problem': "names itself",
         'mend': "write the event that it filters, and give the action another name"},
        {'when': "event_name <> action and event_name not in ('*', '$signup')"
            ~ " and event_name in (select action from actions)",
         'problem': "names an action where an event name belongs",
         'mend': "write the events of that action in rows of this one, or rename that action"},
        {'when': "property is not null"
            ~ " and coalesce(operator, '') not in ('equals', 'not_equals', 'contains', 'exists')",
         'problem': "has the operator '{operator}', which is not known",
         'mend': "write equals, not_equals, contains or exists"},
        {'when': "property is null and (operator is not null or value is not null)",
         'problem': "has an operator or a value but no property",
         'mend': "write the property, or leave all three empty to take every event of that name"},
        {'when': "property is not null and operator in ('equals', 'not_equals', 'contains') and value is null",
         'problem': "has the operator '{operator}' but no value",
         'mend': "write the value to compare with, or ask for exists"},
        {'when': "property is not null and operator = 'exists' and value is not null",
         'problem': "has a value, which exists does not look at",
         'mend': "leave the value empty, or write equals, not_equals or contains"},
    ]}) -}}
{% endmacro %}


{% macro funnel_rules() %}
    {#- beyond it, dates run out of the range that databases know -#}
    {%- set longest_window = 100 * 365 * 86400 + 25 * 86400 -%}
    {{- return({'file': "seeds/funnels.csv", 'among': "funnels", 'row': "row '{funnel}'",
      'rules': [
        {'when': "funnel is null",
         'problem': "has no name",
         'mend': "give the funnel a name"},
        {'when': "rows_of_name > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each funnel"},
        {'when': "coalesce(step_order, '') not in ('ordered', 'strict', 'unordered')",
         'problem': "has the step_order '{step_order}', which is not known",
         'mend': "write ordered, strict or unordered"},
        {'when': "window_seconds < 0 or window_seconds > " ~ longest_window,
         'problem': "has a window_seconds of {window_seconds}",
         'mend': "write seconds from 0 to " ~ longest_window ~ " (100 years), or leave it empty"},
        {'when': "funnel is not null"
            ~ " and not exists (select 1 from funnel_steps where funnel_steps.funnel = funnels.funnel)",
         'problem': "has no steps",
         'mend': "add its steps to seeds/funnel_steps.csv, or remove the funnel"},
    ]}) -}}
{% endmacro %}


{% macro funnel_step_rules() %}
    {%- set max_steps = event_analytics.whole_number('max_funnel_steps', 1) -%}
    {#- 2 to the power of it is the number of sets in int_funnel_sets, all of which are looked at -#}
    {%- set max_overlaps = 10 -%}
    {{- return({'file': "seeds/funnel_steps.csv", 'among': "funnel_steps", 'row': "row '{funnel}, step {step}'",
      'rules': [
        {'when': "funnel is null or step is null",
         'row': "row '{funnel}'",
         'problem': "has a step without a funnel or a number",
         'mend': "give each step its funnel, and number them 1, 2, 3 and so on"},
        {'when': "funnel is not null"
            ~ " and not exists (select 1 from funnels where funnels.funnel = funnel_steps.funnel)",
         'row': "row '{funnel}'",
         'problem': "has steps but no row in seeds/funnels.csv",
         'mend': "add the funnel there, or remove its steps"},
        {'when': "rows_of_step > 1",
         'problem': "stands in more than one row",
         'mend': "give each step of the funnel a number of its own"},
        {'among': "funnel_step_numbers",
         'when': "first_step <> 1 or last_step <> steps",
         'row': "row '{funnel}'",
         'problem': "has {steps} steps numbered from {first_step} to {last_step}",
         'mend': "number them 1, 2, 3 and so on, without a gap"},
        {'when': "step > " ~ max_steps,
         'problem': "lies beyond the " ~ max_steps ~ " steps that funnels may have",
         'mend': "raise the variable max_funnel_steps in dbt_project.yml"},
        {'when': "event is null",
         'problem': "names no event",
         'mend': "write an event name, an action, $signup, or * for any event"},
        {'when': "on_day < 0 or on_day > 36525 or (step = 1 and on_day is not null)",
         'problem': "has an on_day of {on_day}",
         'mend': "write days after the first step, 0 to 36525, and leave it empty at step 1"},
        {'when': "on_day is not null"
            ~ " and funnel in (select funnel from funnels where step_order = 'unordered')",
         'problem': "has an on_day, but its funnel is unordered and has no first step",
         'mend': "leave on_day empty, or let the funnel be ordered"},
        {'among': "funnel_overlaps",
         'when': "overlapping_steps > " ~ max_overlaps,
         'row': "row '{funnel}'",
         'problem': "has {overlapping_steps} different steps that may take the same events, and at most "
            ~ max_overlaps ~ " can be told apart",
         'mend': "let actions ask for different values of one property, or shorten the funnel"},
    ]}) -}}
{% endmacro %}


{% macro retention_rules() %}
    {{- return({'file': "seeds/retentions.csv", 'among': "retentions", 'row': "row '{retention}'",
      'rules': [
        {'when': "retention is null",
         'problem': "has no name",
         'mend': "give the retention a name"},
        {'when': "rows_of_name > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each retention"},
        {'when': "coalesce(cohort_kind, '') not in ('first_time', 'recurring')",
         'problem': "has the cohort_kind '{cohort_kind}', which is not known",
         'mend': "write first_time or recurring"},
        {'when': "coalesce(period, '') not in ('day', 'week', 'month')",
         'problem': "has the period '{period}', which is not known",
         'mend': "write day, week or month"},
        {'when': "periods is null or periods < 0",
         'problem': "has periods of '{periods}'",
         'mend': "write how many periods after the cohort to show, from 0 up"},
        {'when': "cohort_event is null or return_event is null",
         'problem': "names no cohort_event or no return_event",
         'mend': "write an event name, an action, $signup, or * for any event in both"},
    ]}) -}}
{% endmacro %}


{% macro churn_window_rules() %}
    {{- return({'file': "seeds/churn_windows.csv", 'among': "churn_windows", 'row': "row '{churn_status}'",
      'rules': [
        {'among': "churn_window_counts",
         'when': "windows = 0",
         'row': "row ''",
         'problem': "is missing: the seed has no rows",
         'mend': "write at least one window, from 0 days on and without an end"},
        {'when': "churn_status is null",
         'problem': "has no churn_status",
         'mend': "give the window a churn_status"},
        {'when': "rows_of_name > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each churn_status"},
        {'when': "min_days_inactive is null or min_days_inactive < 0 or max_days_inactive < min_days_inactive",
         'problem': "has an empty or negative min_days_inactive, or a max_days_inactive below it",
         'mend': "write whole days from 0 up, the smaller number first"},
        {'when': "is_first and min_days_inactive > 0",
         'problem': "is the first window and starts at {min_days_inactive} days",
         'mend': "let the first window start at 0"},
        {'when': "not is_first and (previous_max is null or previous_max >= min_days_inactive)",
         'problem': "overlaps with '{previous_status}'",
         'mend': "let each window start one day after the one before it ends"},
        {'when': "previous_max + 1 < min_days_inactive",
         'problem': "leaves a gap after '{previous_status}'",
         'mend': "let each window start one day after the one before it ends"},
        {'when': "is_last and max_days_inactive is not null",
         'problem': "is the last window and has an end",
         'mend': "leave max_days_inactive of the last window empty"},
    ]}) -}}
{% endmacro %}


{% macro segment_rules() %}
    {{- return({'file': "seeds/segments.csv", 'among': "segments", 'row': "row '{segment}'",
      'rules': [
        {'when': "segment is null",
         'problem': "has no name",
         'mend': "give the segment a name"},
        {'when': "rows_of_name > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each segment"},
        {'when': "property is null",
         'problem': "names no property",
         'mend': "write the property of events that tells users apart"},
        {'when': "coalesce(pick, '') not in ('first', 'latest')",
         'problem': "has the pick '{pick}', which is not known",
         'mend': "write first or latest"},
    ]}) -}}
{% endmacro %}


{% macro alert_rules() %}
    {%- set metrics = event_analytics.alert_metrics() -%}
    {%- set by_segment = event_analytics.metrics_of_report('users') -%}
    {%- set most_days = event_analytics.most_alert_days() -%}
    {{- return({'file': "seeds/alerts.csv", 'among': "alerts", 'row': "row '{alert}'",
      'rules': [
        {'when': "alert is null",
         'problem': "has no name",
         'mend': "give the alert a name"},
        {'when': "rows_of_name > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each alert"},
        {'when': "coalesce(metric, '') not in ('" ~ metrics | join("', '") ~ "')",
         'problem': "has the metric '{metric}', which is not known",
         'mend': "write one of " ~ metrics | join(', ')},
        {'when': "segment is not null and metric in ('" ~ metrics | join("', '") ~ "')"
            ~ " and metric not in (" ~ by_segment ~ ")",
         'problem': "has a segment, and {metric} is not counted by segment",
         'mend': "leave the segment empty, or watch one of " ~ by_segment | replace("'", "")},
        {'when': "segment is not null and not exists ("
            ~ "select 1 from segments where segments.segment = alerts.segment)",
         'problem': "has the segment '{segment}', which is not in seeds/segments.csv",
         'mend': "add the segment there, or leave it empty for all users"},
        {'when': "coalesce(rule, '') not in ('anomaly', 'threshold', 'change', 'missing')",
         'problem': "has the rule '{rule}', which is not known",
         'mend': "write anomaly, threshold, change or missing"},
        {'when': "rule in ('anomaly', 'change') and coalesce(direction, '') not in ('below', 'above', 'either')",
         'problem': "has the direction '{direction}', which is not known",
         'mend': "write below, above or either"},
        {'when': "rule = 'threshold' and coalesce(direction, '') not in ('below', 'above')",
         'problem': "is a threshold with the direction '{direction}'",
         'mend': "write below or above"},
        {'when': "rule = 'missing' and direction is not null",
         'problem': "has the direction '{direction}', but missing has none",
         'mend': "leave the direction empty"},
        {'when': "bound is null",
         'problem': "has no bound",
         'mend': "write the number from which it fires"},
        {'when': "rule = 'anomaly' and (bound <= 0 or bound > 100)",
         'problem': "has a bound of {bound} for a score",
         'mend': "write a number up to 100, such as 3.5"},
        {'when': "rule = 'change' and (bound <= 0 or (direction <> 'above' and bound >= 100))",
         'problem': "has a bound of {bound} per cent",
         'mend': "write per cent, greater than 0, and less than 100 unless it fires only above"},
        {'when': "rule = 'missing' and (bound < 1 or bound <> floor(bound))",
         'problem': "has a bound of {bound} dates",
         'mend': "write a whole number of dates, from 1 up"},
        {'when': "rule = 'change' and (days is null or days < 1 or days > " ~ most_days ~ ")",
         'problem': "compares periods of '{days}' days",
         'mend': "write from 1 to " ~ most_days ~ " days"},
        {'when': "rule <> 'change' and days is not null",
         'problem': "has days, which only a change looks at",
         'mend': "leave days empty"},
        {'when': "coalesce(severity, '') not in ('info', 'warning', 'critical')",
         'problem': "has the severity '{severity}', which is not known",
         'mend': "write info, warning or critical"},
    ]}) -}}
{% endmacro %}


{% macro identity_rules() %}
    {{- return({'file': "seeds/identities.csv", 'among': "identities", 'row': "row '{user_id}, {other_id}'",
      'rules': [
        {'when': "user_id is null or other_id is null",
         'problem': "lacks one of the two ids",
         'mend': "write both ids of the person, or remove the row"},
        {'when': "user_id = other_id",
         'problem': "links an id with itself",
         'mend': "write two ids of one person, or remove the row"},
    ]}) -}}
{% endmacro %}


{% macro identity_link_rules() %}
    {{- return({'file': "seeds/identity_links.csv", 'among': "identity_links", 'row': "row '{event_name}, {property}'",
      'rules': [
        {'when': "event_name is null",
         'problem': "names no event whose ids it links",
         'mend': "write the name of one event, or * for every event"},
        {'when': "property is null",
         'problem': "names no property that holds the other id",
         'mend': "write the property of these events"},
        {'when': "event_name is not null and property is not null and rows_of_property > 1",
         'problem': "stands in more than one row",
         'mend': "keep one row for each event_name and property"},
        {'when': "coalesce(known_id, '') not in ('user_id', 'property')",
         'problem': "has the known_id '{known_id}', which is not known",
         'mend': "write user_id or property"},
    ]}) -}}
{% endmacro %}


{#- A text of a rule as an SQL expression, in which columns stand where the text names them in braces. -#}
{% macro filled_in(text) -%}
    {%- set parts = [] -%}
    {#- every other part is a name between braces -#}
    {%- for part in modules.re.split('\\{(\\w+)\\}', text) -%}
        {%- if loop.index is even -%}
            {%- do parts.append('cast(' ~ part ~ ' as ' ~ dbt.type_string() ~ ')') -%}
        {%- elif part -%}
            {%- do parts.append(event_analytics.text_literal(part)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ event_analytics.join_texts(parts) }}
{%- endmacro %}
