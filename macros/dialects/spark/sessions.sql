{#- Dates are those of the session's time zone. Nothing depends on whether it is ANSI's, which dbt-spark turns off. -#}
{% macro spark__require_any_text() -%}
    {%- set zone = run_query('select current_timezone() as zone').rows[0][0] -%}
    {%- if zone not in ('UTC', 'Etc/UTC', 'Z', '+00:00') -%}
        {{- exceptions.raise_compiler_error(
            "The sessions of target '" ~ target.name ~ "' have the time zone " ~ zone ~ "; give it "
            ~ "server_side_parameters with spark.sql.session.timeZone: UTC, as in profiles.example.yml."
        ) -}}
    {%- endif -%}
{%- endmacro %}
