"""Reads ``raw.rejected_events``: how many rows for each reason, and the rows to send again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from loader.failures import database_errors
from loader.opening import open_to_read
from loader.output import whole_file
from loader.postgres import open_postgres
from loader.reasons import REASONS, UNKNOWN, Reason
from loader.targets import Engine, Target

_BATCH_ROWS = 1_000

_COUNTS = """
select reason, reason_rows, source, line, detail
from (
    select
        reason,
        source,
        line,
        detail,
        count(*) over (partition by reason) as reason_rows,
        row_number() over (partition by reason order by source, line, rejected_id) as place
    from {table}
    where {condition}
) as numbered
where place = 1
order by reason_rows desc, reason
"""

_TEXTS = """
select original_text from {table}
where {condition}
"""

# PostgreSQL sorts on its server, and on disk. DuckDB would sort in the memory of this program;
# it returns rows in the order in which they were inserted, which is the same but for conflicts.
# How each writes a parameter, and a time that is given as one.
_MARKS = {"postgres": "%({})s", "clickhouse": "{{{}:String}}"}
_MARK = "${}"
_TIMES = {"clickhouse": "parseDateTime64BestEffort({}, 6, 'UTC')"}
_TIME = "cast({} as timestamp with time zone)"
_ORDER = {
    "postgres": "order by source, line, rejected_id",
    "lake": "order by source, line, rejected_id",
    "clickhouse": "order by source, line, toString(rejected_id)",
    "duckdb": "",
}


@dataclass(frozen=True)
class Selection:
    """Which rejected rows: those that meet every condition that is set.

    ``reasons`` are alternatives; ``since`` bounds rejected_at and is itself included.
    """

    reasons: tuple[str, ...] = ()
    source: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class ReasonCount:
    """How many rows have a reason, and where the first of them stood."""

    reason: str
    rows: int
    first_source: str
    first_line: int | None
    first_detail: str | None

    @property
    def explanation(self) -> Reason:
        """What the reason means and what to do."""
        return REASONS.get(self.reason, UNKNOWN)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "reason": self.reason,
            "rows": self.rows,
            "meaning": self.explanation.meaning,
            "remedy": self.explanation.remedy,
            "first": {
                "source": self.first_source,
                "line": self.first_line,
                "detail": self.first_detail,
            },
        }

    def as_text(self) -> str:
        """For people, in three lines."""
        place = f", line {self.first_line}" if self.first_line is not None else ""
        detail = f": {self.first_detail}" if self.first_detail else ""
        return (
            f"{self.rows:>9,}  {self.reason}\n"
            f"           {self.explanation.meaning} {self.explanation.remedy}\n"
            f"           First: {self.first_source}{place}{detail}"
        )


def count_rejects(target: Target, selection: Selection) -> list[ReasonCount]:
    """Count the selected rows by reason, the most frequent first.

    Raises LoaderError when the database cannot be read or has no raw tables.
    """
    with _query(target, _COUNTS, selection) as rows:
        return [ReasonCount(*row) for row in rows]


def write_rejects(target: Target, selection: Selection, stream: IO[bytes]) -> int:
    """Write the original texts of the selected rows, each on a line, and return their number.

    Rows of tables (CSV, Parquet) were kept as JSON objects, so that all can be appended again as
    JSON lines. Memory does not grow with the number of rows. Raises LoaderError as above.
    """
    written = 0
    with _query(target, _TEXTS + _ORDER[target.engine], selection) as rows:
        for (text,) in rows:
            # A line break can only stand between values of JSON, where a blank is as good.
            stream.write(text.replace("\n", " ").encode() + b"\n")
            written += 1
    return written


def save_rejects(target: Target, selection: Selection, path: Path, force: bool) -> int:
    """Write them to a file, whole or not at all; UsageError if it exists (unless ``force``)."""
    with whole_file(path, force) as temporary, temporary.open("wb") as stream:
        return write_rejects(target, selection, stream)


@contextmanager
def _query(target: Target, query: str, selection: Selection) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of a query over the selected rejects, read in batches."""
    condition, parameters = _condition(selection, target.engine)
    text = query.format(
        table=f"{target.place(target.raw_schema)}.rejected_events", condition=condition
    )
    with database_errors(target, "reading the rejected rows"):
        if target.engine == "postgres":
            with (
                open_postgres(target) as connection,
                # A named cursor stays on the server, which hands out one batch after another.
                connection.cursor("rejects") as cursor,
            ):
                cursor.itersize = _BATCH_ROWS
                cursor.execute(text.encode(), parameters)
                yield iter(cursor)
        elif target.engine == "clickhouse":
            from loader.clickhouse import open_clickhouse  # noqa: PLC0415 (if there is its driver)

            with open_clickhouse(target) as client:
                yield client.stream(text, parameters)
        else:
            with open_to_read(target) as database:
                yield _fetch(database.execute(text, parameters))


def _fetch(result: Any) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_BATCH_ROWS):
        yield from rows


def _condition(selection: Selection, engine: Engine) -> tuple[str, dict[str, object]]:
    """The selection as an SQL condition and its parameters."""
    mark = _MARKS.get(engine, _MARK)
    conditions = ["true"]
    parameters: dict[str, object] = {}
    if selection.reasons:
        names = [f"reason_{number}" for number in range(len(selection.reasons))]
        conditions.append(f"reason in ({', '.join(mark.format(name) for name in names)})")
        parameters.update(zip(names, selection.reasons, strict=True))
    if selection.source is not None:
        conditions.append(f"source = {mark.format('source')}")
        parameters["source"] = selection.source
    if selection.since is not None:
        since = _TIMES.get(engine, _TIME).format(mark.format("since"))
        conditions.append(f"rejected_at >= {since}")
        parameters["since"] = selection.since.isoformat()
    return " and ".join(conditions), parameters
