{#- Those of the Java that Spark runs on. -#}
{% macro spark__known_timezones() -%}
    (
        select explode(split(zone_names.all_names, ', ')) as name
        from (
            select
                regexp_replace(
                    reflect('java.time.ZoneId', 'getAvailableZoneIds'), '^.|.$', ''
                ) as all_names
        ) as zone_names
    ) as known_zones
{%- endmacro %}


{% macro spark__how_to_update_zones() -%}
    update the Java that Spark runs on
{%- endmacro %}
