"""The public views of a built project, asked about one log of events after the other."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loader.strict_json import canonical
from tests.reference import VIEWS, Event, Row
from tests.support.databases import REPOSITORY, Database

SCHEMA = "analytics"
#: After all that happens in any log.
LATER = datetime(2100, 1, 1, tzinfo=UTC)

# How many differing rows of a view a message shows.
MOST_PLACES = 10


def copy_project(directory: Path, seeds: Path, *, with_comments: bool = False) -> Path:
    """Copy the dbt project into `directory`, with the CSV files in `seeds` in place of its own.

    dbt takes most of its time for what these copies are not made for: unit tests, the semantic
    layer, and comments in the database, which they leave out.
    """
    for part in ("models", "macros", "seeds"):
        shutil.copytree(
            REPOSITORY / part, directory / part, ignore=shutil.ignore_patterns("semantic_layer")
        )
    for path in directory.glob("models/**/*.yml"):
        text, _, _ = path.read_text(encoding="utf-8").partition("\nunit_tests:")
        path.write_text(text, encoding="utf-8")
    for file in ("dbt_project.yml", "selectors.yml"):
        shutil.copy(REPOSITORY / file, directory)
    if not with_comments:
        settings = directory / "dbt_project.yml"
        text = settings.read_text(encoding="utf-8")
        commented = "+persist_docs:\n      relation: true\n      columns: true\n"
        assert commented in text
        settings.write_text(text.replace(commented, ""), encoding="utf-8")
    for seed in seeds.glob("*.csv"):
        shutil.copy(seed, directory / "seeds")
    return directory


class PublicViews:
    """One connection to a database in which the project is built.

    Nothing else may use the DuckDB file meanwhile. `timezone` is the session's own, as a BI tool
    might set it; no row may depend on it. Times come back as instants in UTC.
    """

    def __init__(self, database: Database, timezone: str = "UTC") -> None:
        self.engine = database.engine
        self._compiled = database.directory / "target" / "compiled" / "event_analytics"
        self._connection = database.connect()
        self._connection.execute(f"set TimeZone = '{timezone}'")
        if self.engine == "postgres":
            # What protects raw.events from us stands in our way here; and compiling a query to
            # machine code takes longer than these queries run.
            self._connection.execute("set session_replication_role = replica")
            self._connection.execute("set jit = off")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def names(self) -> set[str]:
        """All relations of the public schema."""
        found = self._connection.execute(
            f"select table_name from information_schema.tables where table_schema = '{SCHEMA}'"
        )
        return {name for (name,) in found.fetchall()}

    def replace_events(self, log: Sequence[Event]) -> None:
        """Put these events, in this order, in place of all that is in raw.events."""
        self._connection.execute("truncate raw.events")
        self.append_events(log, LATER)
        self.merge_identities()

    def merge_identities(self) -> None:
        """Find out anew which ids are one person, by the query of the build, if it merges any."""
        compiled = self._compiled / "models" / "identities" / "int_persons.sql"
        if compiled.exists():
            table = f"{SCHEMA}_intermediate.int_persons__kept"
            self._connection.execute(f"delete from {table}")
            self._connection.execute(f"insert into {table} {compiled.read_text(encoding='utf-8')}")

    def append_events(self, log: Sequence[Event], ingested_at: datetime) -> None:
        """Put these events into raw.events, as one delivery that arrived at `ingested_at`.

        Where an event says itself when it arrived, that counts.
        """
        columns: tuple[list[Any], ...] = (
            [str(event.event_id) for event in log],
            [event.event_name for event in log],
            [event.event_time for event in log],
            [event.user_id for event in log],
            [canonical(event.properties) for event in log],  # as the loader writes them
            [event.ingested_at or ingested_at for event in log],
        )
        mark, json_type = ("%s", "jsonb") if self.engine == "postgres" else ("?", "json")
        self._connection.execute(
            f"""
            insert into raw.events
            select event_id, event_name, event_time, user_id,
                cast(properties as {json_type}), ingested_at
            from (
                select
                    unnest({mark}::uuid[]) as event_id,
                    unnest({mark}::text[]) as event_name,
                    unnest({mark}::timestamptz[]) as event_time,
                    unnest({mark}::text[]) as user_id,
                    unnest({mark}::text[]) as properties,
                    unnest({mark}::timestamptz[]) as ingested_at
            ) as rows
            """,
            columns,
        )

    def run(self, statement: str) -> None:
        """Run a statement that changes the events in its own way."""
        self._connection.execute(statement)

    def rows(self, view: str) -> list[Row]:
        """All rows of a public view, in no particular order."""
        return self._query(f"select * from {SCHEMA}.{view}")

    def plan(self, view: str, condition: str = "true") -> str:
        """How the database would read a public view, as JSON in the engine's own terms."""
        return str(
            self._query(f"explain (format json) select * from {SCHEMA}.{view} where {condition}")
        )

    def work(self, view: str) -> int:
        """How many rows the steps of a view's plan hand on to each other when it is read."""
        ((text,),) = (
            row[-1:]
            for row in self._connection.execute(
                f"explain (analyze, format json) select * from {SCHEMA}.{view}"
            ).fetchall()
        )
        plan = json.loads(text) if isinstance(text, str) else text
        return sum(_rows_of_steps(plan[0]["Plan"] if isinstance(plan, list) else plan))

    def answer(self, analysis: str) -> list[Row]:
        """The rows of an analysis that `dbt compile` has written for this database, in order."""
        return self._query((self._compiled / "analyses" / f"{analysis}.sql").read_text())

    def _query(self, query: str) -> list[Row]:
        cursor = self._connection.execute(query)
        columns = [column[0] for column in cursor.description]
        return [
            {name: _instant_in_utc(value) for name, value in zip(columns, row, strict=True)}
            for row in cursor.fetchall()
        ]


def _rows_of_steps(step: Mapping[str, Any]) -> Iterator[int]:
    """Rows of a step and of those below it, in a plan of either engine."""
    if "Actual Rows" in step:
        yield round(step["Actual Rows"] * step["Actual Loops"])
    yield int(step.get("operator_cardinality", 0))
    for below in (*step.get("Plans", ()), *step.get("children", ())):
        yield from _rows_of_steps(below)


def _instant_in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def difference(
    view: str, expected: Iterable[Row], actual: Iterable[Row], names: tuple[str, str]
) -> str:
    """Describe the rows in which two results of a view differ; empty if they are the same.

    `names` says what to call the two. A row that occurs twice differs from one that occurs once.
    """
    expected, actual = list(expected), list(actual)
    if _counted(expected) == _counted(actual):
        return ""
    grain = VIEWS[view].grain
    both = [_by_key(grain, expected), _by_key(grain, actual)]
    keys = [
        key
        for key in sorted(both[0].keys() | both[1].keys(), key=repr)
        if both[0].get(key) != both[1].get(key)
    ]
    lines = [f"{view} differs in {len(keys)} places:"] if keys else []
    for key in keys[:MOST_PLACES]:
        lines.append(f"  {_show(dict(zip(grain, key, strict=True)))}")
        lines += [
            f"    {name}: {'; '.join(map(_show, rows.get(key, []))) or 'no such row'}"
            for name, rows in zip(names, both, strict=True)
        ]
    return "\n".join(lines)


def log_as_text(log: Iterable[Event]) -> str:
    """Events for a message, a line each, user by user."""
    lines = (
        f"  {e.event_time.isoformat()}  {e.user_id!r}  {e.event_name!r}  {e.event_id}"
        f"  {json.dumps(e.properties)}"
        for e in sorted(log, key=lambda e: (e.user_id, e.event_time))
    )
    return "\n".join(lines) or "  none"


def _counted(rows: Iterable[Row]) -> Counter[frozenset[tuple[str, Any]]]:
    return Counter(frozenset(row.items()) for row in rows)


def _by_key(grain: tuple[str, ...], rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(name) for name in grain), []).append(row)
    for same in found.values():
        same.sort(key=repr)
    return found


def _show(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!s}" for name, value in row.items())
