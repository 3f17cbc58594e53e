"""The events of a benchmark: those that are there at first, and batches that arrive later."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import run

SIZES = {
    "100k": 100_000,
    "1m": 1_000_000,
    "2m": 2_000_000,
    "5m": 5_000_000,
    "10m": 10_000_000,
    "20m": 20_000_000,
    "100m": 100_000_000,
}
EVENTS_PER_USER = 60
DAYS = 270
LATE_DAYS = 60

# The newest nine tenths of each batch are the last events of all, in order of time; a tenth is
# taken out of the 60 days before. The batches follow each other in time.
SPLIT = """
import sys
from loader.quiet_duckdb import connect
source, directory, batches, batch_events, late_days = sys.argv[1:]
batches, batch_events, late_days = int(batches), int(batch_events), int(late_days)
late_events = batch_events // 10
punctual_events = batch_events - late_events
with connect() as connection:
    connection.execute(f"set temp_directory = '{directory}'")
    connection.execute(f'''
        create table ids as
        select event_id, max(event_time) as event_time from '{source}' group by event_id
    ''')
    connection.execute(f'''
        create table tail as
        select event_id, event_time, row_number() over (order by event_time desc, event_id) as place
        from ids qualify place <= {batches * punctual_events}
    ''')
    connection.execute(f'''
        create table late as
        select event_id, row_number() over (order by hash(event_id), event_id) as place
        from ids, (select min(event_time) as since from tail)
        where event_time < since and event_time > since - interval '{late_days} days'
        qualify place <= {batches * late_events}
    ''')
    connection.execute(f'''
        create table places as
        select event_id, {batches} - (place - 1) // {punctual_events} as batch from tail
        union all
        select event_id, 1 + (place - 1) // {late_events} as batch from late
    ''')
    for batch in range(batches + 1):
        chosen = 'is null' if batch == 0 else f'= {batch}'
        connection.execute(f'''
            copy (
                select events.* from (
                    select distinct on (event_id) * from '{source}'
                ) as events left join places using (event_id)
                where batch {chosen} order by event_time
            ) to '{directory}/{batch}.parquet'
        ''')
"""


@dataclass(frozen=True)
class Events:
    """Parquet files with the columns that the loader takes.

    Attributes:
        first: What is loaded before anything is measured.
        batches: What arrives then, one after the other.
        size: The number of events in `first`, roughly.
        batch_events: The number of events in each batch.
    """

    first: Path
    batches: tuple[Path, ...]
    size: int
    batch_events: int


def prepare(directory: Path, size: int, batches: int, batch_events: int) -> Events:
    """Generate the events and split them, unless a run before has left them.

    Args:
        directory: Where folders of Parquet files go.
        size: How many events there are before the batches.
        batches: How many batches arrive later.
        batch_events: How many events each has; a tenth is late by up to 60 days.
    """
    folder = directory / f"{size}-{batches}x{batch_events}"
    files = [folder / f"{number}.parquet" for number in range(batches + 1)]
    if not all(file.exists() for file in files):
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "all.parquet"
        generate = ["generate", "--events", str(size + batches * batch_events)]
        generate += ["--users", str(size // EVENTS_PER_USER), "--days", str(DAYS)]
        generate += ["--output", str(source), "--force"]
        run([sys.executable, "-m", "loader", *generate], os.environ)
        settings = [str(folder), str(batches), str(batch_events), str(LATE_DAYS)]
        run([sys.executable, "-c", SPLIT, str(source), *settings], os.environ)
        source.unlink()
    return Events(files[0], tuple(files[1:]), size, batch_events)
