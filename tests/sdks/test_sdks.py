"""Real clients, as they are published, deliver what they were given: all of it, once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.collector.running import Collector
from tests.sdks.relay import Relay, Step, relaying
from tests.sdks.sdks import SDKS, Sdk, using

PATIENCE = 90.0
ORDERS = [{"n": n, "total": 12.5, "note": "é\n"} for n in range(5)]
# Everything else that the drivers send, by family: name of the event, and some of its properties.
OTHERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "segment": [
        ("alias", {"$previous_id": "anon"}),
        ("group", {"$group_id": "acme", "seats": 5}),
        ("identify", {"plan": "pro"}),
        ("page", {"$category": "Docs", "$name": "Home", "path": "/"}),
    ],
    "posthog": [
        ("$groupidentify", {"$group_key": "acme", "$group_set": {"seats": 5}}),
    ],
}
# How each client of PostHog's says who somebody is, and who else they were.
IDENTIFY = {"posthog": "$set", "posthog-node": "$identify", "posthog-js": "$identify"}
ALIAS = {
    "posthog": {"alias": "ada", "distinct_id": "anon"},
    "posthog-node": {"alias": "anon"},
    "posthog-js": {"alias": "anon"},
}


def expected(sdk: Sdk) -> list[tuple[str, dict[str, Any]]]:
    """What the driver of this SDK sends, besides the orders."""
    others = list(OTHERS[sdk.family])
    if sdk.package in IDENTIFY:
        others.append(("$create_alias", ALIAS[sdk.package]))
        others.append((IDENTIFY[sdk.package], {"$set": {"plan": "pro"}}))
    return sorted(others, key=lambda other: other[0])


def deliver(
    sdk: Sdk, collector: Collector, directory: Path, script: tuple[Step, ...] = ()
) -> Relay:
    """Let the SDK send everything, and wait until it has been told of its success."""
    awaited = len(ORDERS) + len(expected(sdk))
    with relaying(collector.port, script) as relay, using(sdk, relay.url, directory) as process:
        deadline = time.monotonic() + PATIENCE
        while True:
            done = process.poll() is not None if not _stays(sdk) else relay.delivered > 0
            if done and len(collector.rows("event_id")) >= awaited:
                break
            log = (directory / "driver.log").read_text()
            assert time.monotonic() < deadline, f"{relay.seen}\n{collector.rejects()}\n{log}"
            time.sleep(0.2)
        # What would come a second time would come now.
        time.sleep(1.0)
    return relay


def _stays(sdk: Sdk) -> bool:
    """Whether the driver runs until it is ended."""
    return sdk.in_browser or sdk.driver == "rudder_node.cjs"


def assert_all_once(sdk: Sdk, collector: Collector) -> None:
    """Assert that the rows are what was sent."""
    orders = collector.properties("event_name = 'Order Completed'")
    found = [{name: order[name] for name in ("n", "total", "note")} for order in orders]
    assert sorted(found, key=lambda order: order["n"]) == ORDERS
    names = collector.rows("event_name", "event_name <> 'Order Completed'")
    assert [name for (name,) in names] == [name for name, _ in expected(sdk)]
    for name, properties in expected(sdk):
        [stored] = collector.properties(f"event_name = '{name}'")
        assert {key: stored.get(key) for key in properties} == properties
    users = {user for (user,) in collector.rows("user_id", "event_name = 'Order Completed'")}
    assert users == {"ada"}
    assert collector.rejects() == []


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.package)
def test_a_client_delivers_everything_once(sdk: Sdk, collector: Collector, tmp_path: Path) -> None:
    relay = deliver(sdk, collector, tmp_path)
    assert_all_once(sdk, collector)
    assert {status for _, status in relay.seen} == {"200"}


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.package)
def test_a_client_that_is_told_to_come_again_delivers_everything_once(
    sdk: Sdk, collector: Collector, tmp_path: Path
) -> None:
    # posthog-js drops what is answered with 429, so the collector never answers it so.
    script: tuple[Step, ...] = ("503",) if sdk.package == "posthog-js" else ("503", "429")
    relay = deliver(sdk, collector, tmp_path, script)
    assert_all_once(sdk, collector)
    # Some clients send several batches at once, so the order is not the script's.
    assert {status for _, status in relay.seen} == {*script, "200"}


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.package)
def test_a_client_that_never_hears_of_its_success_delivers_everything_once(
    sdk: Sdk, collector: Collector, tmp_path: Path
) -> None:
    """The events are committed and the answer is lost; what is sent again is not new."""
    relay = deliver(sdk, collector, tmp_path, ("lose",))
    assert_all_once(sdk, collector)
    assert [status for _, status in relay.seen].count("lost") == 1
    assert relay.delivered > 0
