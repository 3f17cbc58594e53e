"""What the rows say that a data test has found."""

from __future__ import annotations

import re
from typing import Any

#: A test whose query has this column says in it, row by row, what is wrong.
COLUMN = "message"
MOST = 20


def read_sentences(result: Any) -> list[str]:
    """The sentences of a test's rows, at most MOST and then how many more there are.

    dbt counts the rows that a test finds and drops them, so they are read once more. Empty for a
    test that has no such column, and where the database does not answer any longer.

    Args:
        result: dbt's result of the test, of the latest run in this process.
    """
    query = result.node.compiled_code or ""
    if not re.search(rf"\b{COLUMN}\b", query, re.IGNORECASE):
        return []
    table = _read(query)
    if table is None or COLUMN not in table.column_names:
        return []
    found = [str(text) for text in table.columns[COLUMN].values() if text is not None]
    more = (result.failures or 0) - MOST
    return [*found[:MOST], *([f"… and {more:,} more"] if more > 0 else [])]


def _read(query: str) -> Any:
    """The first rows of a query, by dbt's own connection; None when that fails."""
    from dbt.adapters.factory import FACTORY  # noqa: PLC0415 - importing dbt takes seconds
    from dbt_common.exceptions import DbtBaseException  # noqa: PLC0415

    try:
        adapter: Any
        for adapter in FACTORY.adapters.values():
            with adapter.connection_named("sentences"):
                return adapter.execute(query, fetch=True, limit=MOST)[1]
    except DbtBaseException:
        pass
    return None
