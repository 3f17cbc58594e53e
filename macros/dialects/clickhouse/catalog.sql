{% macro clickhouse__known_timezones() -%}
    (select time_zone as name from system.time_zones)
{%- endmacro %}


{% macro clickhouse__how_to_update_zones() -%}
    update ClickHouse, which brings its own
{%- endmacro %}
