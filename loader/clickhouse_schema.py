"""The raw tables of a ClickHouse target: what is missing of them, and making it.

Apart from `loader.schema`, which knows columns and texts for all engines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from loader.clickhouse import ClickHouse, text_literal
from loader.columns import require_columns
from loader.names import quoted
from loader.targets.base import Target

#: What is a table of its own name elsewhere, and here a view of whole deliveries over its rows.
ROWS = {"events": "event_rows", "rejected_events": "rejected_rows"}
_OTHERS = ("event_ids", "open_deliveries", "unfinished_deliveries")
_TYPES = {
    "uuid": "UUID",
    "text": "String",
    "jsonb": "String",
    "bigint": "Int64",
    "timestamp with time zone": "DateTime64(6, 'UTC')",
}
_COMMENT = re.compile(
    r'comment on (?:table|column) "[^"]*"\.(\w+)(?:\.(\w+))? is\s+\'((?:[^\']|\'\')*)\';'
)
_PARTS = """
select 'schema ' || name from system.databases where name = {raw:String}
union all
select if(engine = 'View', 'view ', 'table ') || database || '.' || name
from system.tables where database = {raw:String}
"""
_COLUMNS = "select table, name, type from system.columns where database = {raw:String}"


def create(
    client: ClickHouse,
    target: Target,
    *,
    statements: str,
    comments: str,
    columns: Mapping[str, Mapping[str, str]],
) -> set[str]:
    """Create what is missing, and return it in words.

    ``statements`` make each table and view unless it is there, ``columns`` are those that must be
    in each, by the names of PostgreSQL's types. No statement depends on one that failed, and all
    can run again: ClickHouse has no transaction for them. Raises LoaderError where tables of these
    names have other columns.
    """
    raw = target.raw_schema
    expected = {f"schema {raw}"}
    for table in (*columns, *ROWS.values(), *_OTHERS):
        kind = "view" if table in ROWS or table == "unfinished_deliveries" else "table"
        expected.add(f"{kind} {raw}.{table}")
    found = {part for (part,) in client.rows(_PARTS, {"raw": raw})}
    missing = expected - found
    _check_columns(client, target, columns)
    if not missing:
        return missing
    for statement in statements.split(";\n"):
        if statement.strip():
            client.run(statement)
    _check_columns(client, target, columns)
    _comment(client, quoted(raw), comments)
    return missing


def _comment(client: ClickHouse, raw: str, comments: str) -> None:
    """Say what tables and columns are, in one statement for each table."""
    said: dict[str, list[str]] = {}
    for table, column, escaped in _COMMENT.findall(comments):
        comment = text_literal(escaped.replace("''", "'"))
        if column:
            # Columns of a view have none.
            said.setdefault(ROWS.get(table, table), []).append(f"comment column {column} {comment}")
        else:
            client.run(f"alter table {raw}.{table} modify comment {comment}")
    for table, changes in said.items():
        client.run(f"alter table {raw}.{table} {', '.join(changes)}")


def _check_columns(
    client: ClickHouse, target: Target, columns: Mapping[str, Mapping[str, str]]
) -> None:
    """Refuse tables that were there before with other columns; they would fail at each append."""
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in client.rows(_COLUMNS, {"raw": target.raw_schema}):
        plain = kind.removeprefix("Nullable(").removesuffix(")") if "Nullable" in kind else kind
        found.setdefault(table, {})[name] = plain
    for table, kinds in columns.items():
        expected = {name: _TYPES[kind] for name, kind in kinds.items()}
        require_columns(target, table, found.get(table, {}), expected)
