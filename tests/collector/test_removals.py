"""Requests are deliveries, which can be withdrawn; what was erased does not come by a retry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.collector.conftest import StartCollector
from tests.collector.running import Collector, event
from tests.support.databases import Database
from tests.support.run import run_loader

COUNTS = ("read", "appended", "duplicate", "conflicting", "rejected")


@pytest.fixture
def running_collector(raw_database: Database, start_collector: StartCollector) -> Collector:
    """A collector on a database of its own, which lets a DuckDB file go at once."""
    return start_collector(raw_database, "--release-after", "0")


def run(collector: Collector, *args: str) -> Any:
    """Run a command of the loader beside the collector; what it prints as JSON."""
    collector.release()
    return run_loader(*args, "--json", database=collector.database, check=True).json()


def deliveries(collector: Collector) -> list[dict[str, Any]]:
    """What `loader deliveries` lists."""
    listed: list[dict[str, Any]] = run(collector, "deliveries", "--limit", "0")["deliveries"]
    return listed


def test_each_request_is_a_delivery_and_its_rows_know_it(running_collector: Collector) -> None:
    collector = running_collector
    first = event("ada")
    collector.send(first, event("bob"))
    collector.send(first, {**first, "event": "other"}, {"event": "nameless"})

    found = deliveries(collector)

    assert [[delivery[name] for name in COUNTS] for delivery in found] == [
        [3, 0, 1, 1, 1],
        [2, 2, 0, 0, 0],
    ]
    assert {delivery["source"] for delivery in found} == {"http /v1/events"}
    known = collector.database.query(
        """
        select
            (select count(*) from raw.events where ingested_at = delivered_at),
            (select count(*) from raw.rejected_events where rejected_at = delivered_at)
        from raw.deliveries order by delivered_at
        """
    )
    assert known == [(2, 0), (0, 2)]


def test_requests_that_share_a_commit_are_deliveries_of_their_own(
    running_collector: Collector,
) -> None:
    collector = running_collector
    users = [f"user-{number}" for number in range(60)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda user: collector.send(event(user), event(user)), users))

    found = deliveries(collector)
    assert [delivery["appended"] for delivery in found] == [2] * 60
    assert len({delivery["delivered_at"] for delivery in found}) == 60
    done = run(collector, "withdraw", found[17]["delivery_id"])
    assert (done["events"], done["users"]) == (2, 1)
    assert len(collector.rows()) == 118


def test_a_request_that_is_withdrawn_can_be_sent_again(running_collector: Collector) -> None:
    collector = running_collector
    same = event("ada")
    assert collector.send(same) == ["appended"]
    run(collector, "withdraw", deliveries(collector)[0]["delivery_id"])
    assert collector.rows() == []
    assert collector.send(same) == ["appended"]


def test_an_erased_event_that_is_sent_again_is_a_duplicate(running_collector: Collector) -> None:
    collector = running_collector
    lost = [event("ada"), event("ada")]
    assert collector.send(*lost, event("bob")) == ["appended"] * 3
    run(collector, "erase", "--user", "ada")

    # the answer was lost, so the client sends all of it once more, with one that is new
    assert collector.send(*lost, event("ada")) == ["duplicate", "duplicate", "appended"]
    assert collector.send(*lost) == ["duplicate"] * 2
    assert sorted(collector.rows("user_id")) == [("ada",), ("bob",)]
    assert "'ada'" not in repr(collector.database.query("select * from raw.erased_events"))
