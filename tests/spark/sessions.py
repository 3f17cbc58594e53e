"""Spark for tests: a warehouse and a lake in a directory, and the session that reads them.

A session takes a quarter of a minute to start, and there is one in a process: dbt takes the one
that is there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from loader.profiles import read_output
from tests.metrics.views import SCHEMA
from tests.reference import VIEWS, Row
from tests.support.databases import REPOSITORY, Database
from tests.support.run import environment

NO_ORGANISATION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class SparkDatabase(Database):
    """A warehouse of Spark and the lake that it reads, in a directory."""

    def env(self) -> dict[str, str]:
        """Return the environment in which dbt works on it."""
        return {
            "DBT_PROFILES_DIR": str(self.directory),
            "EVENTS_TARGET": "spark",
            "EVENTS_LAKE_PATH": str(self.lake),
            "EVENTS_SPARK_WAREHOUSE": str(self.directory / "warehouse"),
            "EVENTS_SPARK_PARTITIONS": "2",
        }

    @property
    def lake(self) -> Path:
        """The directory of the lake."""
        return self.directory / "lake"

    def query(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        """Run one statement and return its rows as tuples, with instants in UTC."""
        assert parameters is None
        return [
            tuple(_instant_in_utc(value) for value in row)
            for row in session(self).sql(statement).collect()
        ]

    def view(self, name: str) -> list[Row]:
        """All rows of a public view, in no particular order."""
        return view_rows(session(self), name)


def new_spark_database(directory: Path) -> SparkDatabase:
    """A warehouse with nothing in it, and no lake."""
    shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
    return SparkDatabase("spark", directory, "spark")  # type: ignore[arg-type]


def settings(database: SparkDatabase) -> dict[str, str]:
    """What profiles.example.yml gives a session."""
    with environment(database.env()):
        _, output, _ = read_output("spark", database.directory)
    found: dict[str, str] = output["server_side_parameters"]
    return found


def session(database: SparkDatabase, others: Mapping[str, str] | None = None) -> SparkSession:
    """The session of this process, which the first caller starts, with other settings or more."""
    builder = SparkSession.builder.appName("event_analytics tests").enableHiveSupport()
    given = {
        **settings(database),
        "spark.driver.memory": "2g",
        # compiling a query, and planning it anew after each exchange, takes longer than few rows do
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.log.level": "ERROR",
        **(others or {}),
    }
    for name, value in given.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def view_rows(spark: SparkSession, name: str) -> list[Row]:
    """All rows of a public view, with instants in UTC."""
    return [
        {column: _instant_in_utc(value) for column, value in row.asDict().items()}
        for row in spark.sql(f"select * from {SCHEMA}.{name}").collect()
    ]


def _instant_in_utc(value: Any) -> Any:
    # pyspark hands out what the clocks of this process show
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def write_lake(events: Database, lake: Path) -> None:
    """Write what is in raw.events of a DuckDB database as a lake of three deliveries.

    The first is summed up by a state, the others are not, and the third brings once more some of
    what the first has brought; a fourth file is listed nowhere.
    """
    manifest = lake / "_manifest" / f"org={NO_ORGANISATION}"
    folder = f"events/org={NO_ORGANISATION}/month=all"
    (lake / folder).mkdir(parents=True)
    names = [f"{folder}/{part}.parquet" for part in range(4)]
    connection = events.connect()
    try:
        for part, name in enumerate(names):
            connection.execute(f"""
                copy (
                    select
                        cast(event_id as varchar) as event_id, event_name, event_time, user_id,
                        properties,
                        ingested_at + to_microseconds({part}) as ingested_at
                    from raw.events
                    where
                        hash(event_id) % 3 = {part % 3}
                        or ({part} = 2 and hash(event_id) % 30 = 0)
                    order by user_id, event_time
                ) to '{lake / name}' (format parquet, compression zstd)
            """)
    finally:
        connection.close()
    _write_json(
        manifest / "states" / "000000000001.json", {"keys": ["one"], "files": _files(names[:1])}
    )
    _write_json(manifest / "states" / "000000000000.json", {"keys": [], "files": []})
    for key, name in zip(("one", "two", "three"), names[:3], strict=True):
        _write_json(manifest / "deliveries" / f"{key}.json", {"files": _files([name])})


def _files(names: Iterable[str]) -> list[Mapping[str, str]]:
    return [{"name": name} for name in names]


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def with_rows(names: Iterable[str] = VIEWS) -> list[str]:
    """The views that have rows where no ids are merged."""
    return [name for name in names if name != "user_identities"]
