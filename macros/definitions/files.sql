{#- The seeds' files, read in one way for all databases, whatever dbt and its adapters make of them: an empty field
    says nothing, any other is the text that stands there, and a number is one in digits. -#}

{#- The seed of each definition, by the definition's name; none where the project that uses this one as a package
    has something else by that name. -#}
{% macro definition_seeds() %}
    {%- set seeds = {} -%}
    {%- for name in (
        'actions', 'alerts', 'churn_windows', 'funnels', 'funnel_steps', 'identities', 'identity_links', 'retentions',
        'segments'
    ) -%}
        {%- set project = project_name if event_analytics.is_disabled_seed(name) else 'event_analytics' -%}
        {%- do seeds.update({name: graph.nodes.get('seed.' ~ project ~ '.' ~ name)}) -%}
    {%- endfor -%}
    {{- return(seeds) -}}
{% endmacro %}


{#- What a seed's file says: `rows`, each a list of texts in the order of `columns`, none for an empty field; and
    `faults`, sentences on what cannot be read: if there are any, rows are of no use. -#}
{% macro read_seed(seed) %}
    {%- set file = 'seeds/' ~ seed.name ~ '.csv' -%}
    {%- set types = seed.config.column_types -%}
    {#- dbt has nothing that reads a file as it is, but what a query gives can: agate's Table -#}
    {%- set reader = run_query("select '' as field") -%}
    {%- set read = {
        'columns': types.keys() | list,
        'rows': [],
        'faults': event_analytics.unreadable_lines(file, seed, reader),
    } -%}
    {%- set lines = event_analytics.fields(seed, reader, encoding='utf-8-sig') if not read.faults else [] -%}
    {%- set header = lines[0] if lines else [] -%}
    {%- if not read.faults and header | sort != read.columns | sort -%}
        {%- do read.faults.append(
            file ~ ": the first line is '" ~ header | join(seed.config.delimiter) ~ "'; write the names of the "
            ~ "columns there: " ~ read.columns | join(seed.config.delimiter) ~ "."
        ) -%}
    {%- endif -%}
    {%- if read.faults -%}
        {{- return(read) -}}
    {%- endif -%}
    {%- for line in lines[1:] | select -%}
        {%- set place = file ~ ": row " ~ loop.index -%}
        {%- set row = [] -%}
        {%- for name in read.columns -%}
            {%- set is_text = types[name] == 'text' -%}
            {#- what a line lacks at its end is empty, too -#}
            {%- set text = line[header.index(name)] if header.index(name) < line | length else '' -%}
            {%- do row.append((text if is_text else text | trim) or none) -%}
            {%- set problem = event_analytics.number_problem(text | trim, types[name]) if not is_text -%}
            {%- if problem -%}
                {%- do read.faults.append(place ~ " has the " ~ name ~ " '" ~ text ~ "', " ~ problem) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if line | length > header | length -%}
            {%- do read.faults.append(
                place ~ " has " ~ line | length ~ " fields for " ~ header | length
                ~ " columns; write a text that has a '" ~ seed.config.delimiter ~ "' in double quotes."
            ) -%}
        {%- endif -%}
        {%- do read.rows.append(row) -%}
    {%- endfor -%}
    {{- return(read) -}}
{% endmacro %}


{#- What is wrong with the lines of a file, before anybody looks for fields in them. -#}
{% macro unreadable_lines(file, seed, reader) %}
    {%- set faults = [] -%}
    {%- set quotes = namespace(number=0) -%}
    {#- each byte is a character in this encoding, and no quote or comma means anything -#}
    {%- for line in event_analytics.fields(seed, reader, encoding='latin-1', quoting=3, delimiter='\x01') -%}
        {%- set bytes = (line | join('\x01')).encode('latin-1') -%}
        {%- if bytes.decode('utf-8', 'replace').encode('utf-8') != bytes -%}
            {%- do faults.append(
                file ~ ": '" ~ bytes.decode('utf-8', 'replace') ~ "' is not in UTF-8; save the file in that "
                ~ "encoding."
            ) -%}
        {%- elif '\x00' in line | join -%}
            {%- do faults.append(
                file ~ ": '" ~ (line | join).replace('\x00', '') ~ "' has a character of code 0 in it, which no "
                ~ "database takes; remove it."
            ) -%}
        {%- endif -%}
        {%- set quotes.number = quotes.number + (line | join).count('"') -%}
    {%- endfor -%}
    {%- if quotes.number % 2 == 1 -%}
        {%- do faults.append(
            file ~ ": a double quote is opened and never closed; write \"\" for each one that belongs to a text, "
            ~ "and put the text in double quotes."
        ) -%}
    {%- endif -%}
    {{- return(faults) -}}
{% endmacro %}


{#- The lines of a seed's file, each a list of texts, which a blank one has none of. reader is an agate Table whose first column
    has a type that leaves every text alone. -#}
{% macro fields(seed, reader, encoding, quoting=0, delimiter=none) %}
    {%- set most_fields = 100 -%}
    {%- set read = reader.from_csv(
        event_analytics.seed_path(seed),
        header=false,
        column_names=range(most_fields) | map('string') | list,
        column_types=[reader.column_types[0]] * most_fields,
        encoding=encoding,
        quoting=quoting,
        delimiter=delimiter or seed.config.delimiter,
        field_size_limit=2147483647
    ) -%}
    {%- set lines = [] -%}
    {%- for row in read.rows -%}
        {%- do lines.append(row.values() | reject('none') | list) -%}
    {%- endfor -%}
    {{- return(lines) -}}
{% endmacro %}


{#- Where the file of a seed is, as dbt finds it. -#}
{% macro seed_path(seed) %}
    {%- set directory = adapter.config.project_root | string -%}
    {%- if seed.package_name != project_name -%}
        {%- set packages = adapter.config.packages_install_path | string -%}
        {%- set directory = (packages if packages.startswith('/') else directory ~ '/' ~ packages)
            ~ '/' ~ seed.package_name -%}
    {%- endif -%}
    {{- return(directory ~ '/' ~ seed.original_file_path) -}}
{% endmacro %}


{#- The greatest number of each type that is one of whole numbers. -#}
{% macro whole_numbers() %}
    {{- return({'integer': 2147483647, 'bigint': 9223372036854775807}) -}}
{% endmacro %}


{#- What is wrong with a text as a number of a type, which may be empty. -#}
{% macro number_problem(text, type) %}
    {%- if type == 'double precision' -%}
        {#- what no engine reads in another way than the others, and 15 digits that come back as they are -#}
        {%- if text and not modules.re.match('^[+-]?[0-9]{1,9}([.][0-9]{1,6})?$', text) -%}
            {{- return(
                "which is no number; write up to 9 digits, a point and up to 6 more where it is no whole one, "
                ~ "or leave it empty."
            ) -}}
        {%- endif -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set greatest = event_analytics.whole_numbers()[type] -%}
    {%- set number = modules.re.match('^[+-]?0*([0-9]*)$', text) -%}
    {%- if not number or text in ('+', '-') -%}
        {{- return("which is no whole number; write digits only, or leave it empty.") -}}
    {%- elif number.group(1) | length > 19 or number.group(1) | int > greatest -%}
        {{- return("which is too large; write a number up to " ~ greatest ~ ", or leave it empty.") -}}
    {%- endif -%}
{% endmacro %}


{#- What was read of a seed, as a query. -#}
{% macro query_of_rows(seed, read) -%}
    select
        {%- for name in read.columns %}
        cast({{ 'null' if not read.rows else name }} as {{ event_analytics.column_type(seed.config.column_types[name]) }}) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {%- if not read.rows %}
    where false
    {%- else %}
    from (
        values
        {%- for row in read.rows %}
        (
            {%- for text in row -%}
            {{ 'null' if text is none else event_analytics.text_literal(text) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as file_rows ({{ read.columns | join(', ') }})
    {%- endif %}
{%- endmacro %}
