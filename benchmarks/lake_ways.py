"""One step of one way to keep a lake, in a process of its own; prints what it took as JSON.

Both ways take events that are checked already, from a Parquet file, and run on the same DuckDB.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from loader import quiet_duckdb
from loader.lake.refresh import refresh
from loader.lake.tables import manifest_of
from loader.stores.lake import LakeStore
from loader.targets import Target

COLUMNS = "event_id, event_name, event_time, user_id, properties"
DAU = """
select cast(event_time at time zone 'UTC' as date) as day, count(distinct user_id) as users
from {events} where event_time >= timestamptz '{since}' group by day
"""


class ByManifest:
    """Parquet and a manifest of deliveries, as the loader keeps them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._target = Target(
            "lake",
            "lake",
            "analytics",
            "raw",
            directory / "views.duckdb",
            lake=str(directory / "lake"),
        )

    def create(self) -> None:
        """Make an empty one."""
        manifest_of(self._target).create()

    def append(self, file: Path) -> None:
        """Append as `loader append` does once its rows are checked."""
        store = LakeStore(self._target)
        stage = store.stage(file.name)
        with store.cursor() as cursor:
            cursor.execute(
                f"insert into {stage.events_table} "
                f"select row_number() over (), {COLUMNS}, null from read_parquet('{file}')"
            )
            [(rows,)] = cursor.fetchall()
        stage.write(rows, [], [])
        store.apply(stage)
        store.commit()
        store.close()

    def look(self) -> None:
        """What each build does first: see what is new, and find ids that came again."""
        with quiet_duckdb.connect(self._directory / "views.duckdb") as connection:
            connection.execute("set threads = 2")
            refresh(connection, manifest_of(self._target), "raw")

    def read(self, since: str) -> None:
        """Count daily active users."""
        with quiet_duckdb.connect(self._directory / "views.duckdb") as connection:
            connection.execute("set threads = 2")
            connection.execute(DAU.format(events="raw.events", since=since)).fetchall()


class ByDuckLake:
    """DuckLake with its catalog in a DuckDB file, partitioned, sorted and compressed alike."""

    def __init__(self, directory: Path) -> None:
        package = find_spec("duckdb_extension_ducklake")
        if package is None or package.origin is None:
            raise SystemExit("Install benchmarks/requirements-ducklake.txt into this Python first.")
        [extension] = Path(package.origin).parent.rglob("*.duckdb_extension")
        self._connection = quiet_duckdb.connect(config={"threads": "2"})
        self._connection.execute(f"load '{extension}'")
        self._connection.execute(
            f"attach 'ducklake:{directory / 'catalog.ducklake'}' as lake "
            f"(data_path '{directory / 'data'}/')"
        )

    def create(self) -> None:
        """Make an empty one."""
        self._connection.execute("""
            create table lake.events (
                event_id uuid, event_name varchar, event_time timestamptz, user_id varchar,
                properties json, ingested_at timestamptz
            );
            alter table lake.events set partitioned by (year(event_time), month(event_time));
            call lake.set_option('parquet_compression', 'zstd');
            call lake.set_option('parquet_row_group_size', 65536);
        """)

    def append(self, file: Path) -> None:
        """Append what is not there, for which all ids are read."""
        self._connection.execute(f"""
            insert into lake.events
            select {COLUMNS}, now() from read_parquet('{file}') as incoming
            where not exists (
                select 1 from lake.events as present where present.event_id = incoming.event_id
            )
            order by user_id, event_time
        """)

    def look(self) -> None:
        """Nothing: its catalog knows."""

    def read(self, since: str) -> None:
        """Count daily active users."""
        self._connection.execute(DAU.format(events="lake.events", since=since)).fetchall()


def measured(step: Callable[[], None]) -> dict[str, float]:
    """Seconds, CPU seconds and bytes read of files, without the start of the process."""
    started, used, read = time.monotonic(), _cpu(), _read_bytes()
    step()
    return {
        "seconds": time.monotonic() - started,
        "cpu_seconds": _cpu() - used,
        "read_bytes": _read_bytes() - read,
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _read_bytes() -> int:
    """What this process has read by system calls, from the disk or the cache of the system."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def main(way: str, step: str, directory: str, *arguments: str) -> None:
    """Take one step: create, append FILE, look, or read SINCE."""
    ways: dict[str, Callable[[Path], Any]] = {"manifest": ByManifest, "ducklake": ByDuckLake}
    made = ways[way](Path(directory))
    given = [Path(argument) if step == "append" else argument for argument in arguments]
    took = measured(lambda: getattr(made, step)(*given))
    print(json.dumps({**took, "duckdb": duckdb.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])
