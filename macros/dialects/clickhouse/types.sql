{% macro clickhouse__type_instant() -%}
    DateTime64(6, 'UTC')
{%- endmacro %}


{#- Date alone knows none before 1970. -#}
{% macro clickhouse__type_date() -%}
    Date32
{%- endmacro %}


{% macro clickhouse__type_double() -%}
    Float64
{%- endmacro %}


{% macro clickhouse__last_date() -%}
    toDate32('2299-12-31')
{%- endmacro %}


{% macro clickhouse__first_date() -%}
    toDate32('1900-01-01')
{%- endmacro %}


{% macro clickhouse__first_instant() -%}
    toDateTime64('1900-01-01 00:00:00', 6, 'UTC')
{%- endmacro %}


{% macro clickhouse__instant_literal(text) -%}
    toDateTime64('{{ text | replace("+00", "") }}', 6, 'UTC')
{%- endmacro %}


{#- Types are called as they are spelt here, and nothing else: uuid is none. -#}
{% macro clickhouse__column_type(name) %}
    {{- return({
        'text': 'String',
        'integer': 'Int32',
        'bigint': 'Int64',
        'double precision': 'Float64',
        'boolean': 'Bool',
        'date': 'Date32',
        'timestamp with time zone': "DateTime64(6, 'UTC')",
        'uuid': 'UUID',
        'json': 'String',
    }.get(name | lower, name)) -}}
{% endmacro %}


{#- Each time is an instant, however many digits it has and whatever zone it is shown in. -#}
{% macro clickhouse__type_name(expression) -%}
    if(
        match(toTypeName({{ expression }}), '^(Nullable\\()?DateTime(64)?\\b'),
        'timestamp with time zone',
        toTypeName({{ expression }})
    )
{%- endmacro %}
