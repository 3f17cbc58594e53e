"""Several loaders at once, with overlapping files in different orders."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interruption.conftest import MakeRawTables
from tests.interruption.deliveries import (
    Delivery,
    assert_exactly,
    is_in,
    make_events,
    stored_events,
    write_plain_delivery,
)
from tests.interruption.processes import (
    append,
    assert_explained,
    ended,
    feed,
    loader,
    wait_for_lock,
    wait_for_quiet,
)
from tests.support.databases import Database, Engine
from tests.support.run import LoaderResult

pytestmark = pytest.mark.slow

FILES = 6
EVENTS_IN_FILE = 2_000


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory: pytest.TempPathFactory) -> list[Delivery]:
    """Files that share most of their events with others, each in an order of its own."""
    directory = tmp_path_factory.mktemp("overlapping")
    draw = random.Random(5)  # noqa: S311 (no secret)
    events = make_events(EVENTS_IN_FILE * 2, seed=5)
    return [
        write_plain_delivery(directory / f"{number}.jsonl", draw.sample(events, EVENTS_IN_FILE))
        for number in range(FILES)
    ]


@dataclass(frozen=True)
class Together:
    """What several loaders reported that ran at once, added up."""

    results: list[LoaderResult]
    total: Counter[str]


def append_together(
    database: Database,
    loaders: int,
    deliveries: list[Delivery],
    *arguments: str,
    exit_codes: tuple[int, ...] = (0,),
) -> Together:
    """Let each loader append all the files, each in another order."""
    draw = random.Random(loaders)  # noqa: S311 (no secret)
    with ExitStack() as running:
        processes = []
        for _ in range(loaders):
            paths = [str(delivery.path) for delivery in deliveries]
            draw.shuffle(paths)
            processes.append(
                running.enter_context(
                    loader("append", *paths, "--json", *arguments, database=database)
                )
            )
        results = [ended(process) for process in processes]
    total: Counter[str] = Counter()
    for result in results:
        assert result.exit_code in exit_codes, result.stderr
        report: dict[str, Any] = result.json()
        total.update({key: value for key, value in report.items() if isinstance(value, int)})
    return Together(results, total)


@pytest.mark.parametrize("loaders", [2, 8])
def test_overlapping_files(
    loaders: int, engine: Engine, make_raw_tables: MakeRawTables, overlapping: list[Delivery]
) -> None:
    database = make_raw_tables(engine)

    done = append_together(database, loaders, overlapping, "--lock-timeout", "120")

    assert_exactly(database, *[(delivery, str(delivery.path)) for delivery in overlapping])
    assert done.total["read"] == loaders * FILES * EVENTS_IN_FILE
    assert done.total["appended"] == len(stored_events(database))
    assert done.total["duplicate"] == done.total["read"] - done.total["appended"]
    wait_for_quiet(database)


def test_conflicting_files(engine: Engine, make_raw_tables: MakeRawTables, tmp_path: Path) -> None:
    """Whichever file wins an id, the others' rows are recorded once, and every row is counted."""
    events = make_events(1_000, seed=6)
    deliveries = []
    for number in range(3):
        renamed = [{**event, "user_id": f"of file {number}"} for event in events]
        random.Random(number).shuffle(renamed)  # noqa: S311 (no secret)
        deliveries.append(write_plain_delivery(tmp_path / f"{number}.jsonl", renamed))
    database = make_raw_tables(engine)

    # a file of which every row conflicts is none that went in
    done = append_together(database, 4, deliveries, "--lock-timeout", "120", exit_codes=(0, 1))

    stored = set(stored_events(database))
    assert len(stored) == len(events)
    expected = set()
    for delivery in deliveries:
        lines = delivery.path.read_text().splitlines()
        winners = {event[0] for event in stored & delivery.events}
        for line, text in enumerate(lines, 1):
            if not any(event_id in text for event_id in [text[14:50]] if event_id in winners):
                expected.add((str(delivery.path), line, "conflicting_event_id"))
    found = database.query("select source, line, reason from raw.rejected_events")
    assert sorted(found) == sorted(expected)
    assert done.total["read"] == 4 * 3 * len(events)
    assert done.total["appended"] == len(events)
    assert done.total["conflicting"] == 4 * 2 * len(events)
    assert done.total["duplicate"] == 3 * len(events)
    wait_for_quiet(database)


def test_postgres_loaders_wait_for_each_other_rather_than_fail(
    make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    """Two that insert the same events at the same time: one appends, one finds duplicates."""
    database = make_raw_tables("postgres")

    with ExitStack() as running:
        with database.connect() as held, held.transaction():
            held.execute("lock table raw.events in share row exclusive mode")
            processes = [
                running.enter_context(loader("append", small.path, "--json", database=database))
                for _ in range(2)
            ]
            wait_for_lock(database, processes[0], sessions=2)
        results = [ended(process) for process in processes]

    assert [result.exit_code for result in results] == [0, 0], results
    reports = [result.json() for result in results]
    assert sorted(report["appended"] for report in reports) == [0, len(small.events)]
    assert_exactly(database, (small, str(small.path)))


def test_deadlocks_are_tried_again(make_raw_tables: MakeRawTables, tmp_path: Path) -> None:
    """Another program inserts the same ids in the opposite order, as the loader never would."""
    events = make_events(2_000, seed=7)
    delivery = write_plain_delivery(tmp_path / "events.jsonl", events)
    first, last = min(events, key=by_id)["event_id"], max(events, key=by_id)["event_id"]
    database = make_raw_tables("postgres")

    with loader("append", delivery.path, "--json", database=database) as process:
        with database.connect() as other:
            other.execute("set deadlock_timeout = '60s'")  # so that the loader is the victim
            with other.transaction(force_rollback=True):
                other.execute(INSERT, [last])
                wait_for_lock(database, process)
                other.execute(INSERT, [first])
        result = ended(process)

    assert result.exit_code == 0, result.stderr
    assert result.json()["appended"] == len(events)
    assert_exactly(database, (delivery, str(delivery.path)))
    assert deadlocks(database) == 1


INSERT = """
insert into raw.events (event_id, event_name, event_time, user_id, properties, ingested_at)
values (%s, 'held', now(), 'somebody', '{}', now()) on conflict do nothing
"""


def by_id(event: dict[str, Any]) -> str:
    return str(event["event_id"])


def deadlocks(database: Database) -> int:
    """How many deadlocks PostgreSQL has resolved; its statistics lag behind by a second."""
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    for _ in range(20):
        if found := int(database.query(query)[0][0]):
            return found
        time.sleep(0.2)
    return 0


def test_a_duckdb_file_that_another_loader_holds(
    make_raw_tables: MakeRawTables, small: Delivery, large: Delivery
) -> None:
    database = make_raw_tables("duckdb")

    with loader("append", "-", "--json", database=database) as holder:
        feed(holder, small.data[:1000])
        refused = append(database, large.path, "--lock-timeout", "0.2")
        assert holder.stdin is not None
        holder.stdin.write(small.data[1000:])
        first = ended(holder)

    assert_explained(refused, "in use by process", "Close that program, or wait")
    assert refused.stdout == ""
    assert first.exit_code == 0, first.stderr
    assert is_in(database, small)
    assert append(database, "-", stdin=small.data).json()["appended"] == 0
    assert_exactly(database, (small, "-"))
