{#- Spark's timestamp is an instant, to the microsecond. -#}
{% macro spark__type_instant() -%}
    timestamp
{%- endmacro %}


{% macro spark__type_double() -%}
    double
{%- endmacro %}


{#- There is no infinity: the last date that Spark can show. -#}
{% macro spark__last_date() -%}
    cast('9999-12-31' as date)
{%- endmacro %}


{% macro spark__first_instant() -%}
    cast('0001-01-01 00:00:00Z' as timestamp)
{%- endmacro %}


{% macro spark__instant_literal(text) -%}
    cast('{{ text | replace('+00', 'Z') }}' as timestamp)
{%- endmacro %}


{#- In SQL's words, since Spark calls by `timestamp` what SQL calls `timestamp with time zone`. -#}
{% macro spark__type_name(expression) -%}
    case typeof({{ expression }})
        when 'timestamp' then 'timestamp with time zone'
        when 'timestamp_ntz' then 'timestamp'
        else typeof({{ expression }})
    end
{%- endmacro %}


{% macro spark__column_type(name) %}
    {%- set names = {
        'text': 'string', 'uuid': 'string', 'json': 'string', 'integer': 'int',
        'double precision': 'double', 'timestamp with time zone': 'timestamp',
    } -%}
    {{- return(names.get(name | lower, name)) -}}
{% endmacro %}


{#- dbt holds the types of a contract against those of this query. -#}
{% macro spark__get_empty_schema_sql(columns) %}
    {%- set of_engine = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do of_engine.update({
            name: dict(column, data_type=event_analytics.column_type(column.data_type))
        }) -%}
    {%- endfor -%}
    {{- return(dbt.default__get_empty_schema_sql(of_engine)) -}}
{% endmacro %}


{#- How dbt writes a value of a unit test, which is what PostgreSQL takes. -#}
{% macro spark__safe_cast(field, type) %}
    {%- set text = (field | string).strip("'") -%}
    {%- if type | lower == 'date' and text in ('infinity', '-infinity') -%}
        {{- return(event_analytics.last_date() if text == 'infinity' else event_analytics.first_date()) -}}
    {%- elif type | lower == 'timestamp' and text == '-infinity' -%}
        {{- return(event_analytics.first_instant()) -}}
    {%- elif type | lower == 'timestamp' and text != 'null' -%}
        {{- return(event_analytics.instant_literal(text)) -}}
    {%- endif -%}
    {{- return(dbt.default__safe_cast(field, type)) -}}
{% endmacro %}
