"""Withdrawing and erasing on a lake: what goes elsewhere, and rows that no view shows."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from tests.lake.lakes import Lake, an_event
from tests.lake.test_append import write

A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))


def delivery_of(lake: Lake, source: str) -> str:
    """The id of the delivery of a file."""
    found = json.loads(lake.run("deliveries", "--json").stdout)["deliveries"]
    [delivery] = [row["delivery_id"] for row in found if row["source"].endswith(source)]
    return str(delivery)


def test_a_withdrawn_delivery_goes_with_later_rows_of_its_ids(lake: Lake, tmp_path: Path) -> None:
    first = write(tmp_path / "first.jsonl", an_event(A), an_event(B), "{}")
    second = write(tmp_path / "second.jsonl", an_event(B), an_event(C))
    lake.append(first)
    lake.append(second)
    dry = lake.run("withdraw", delivery_of(lake, "first.jsonl"), "--dry-run", "--json").json()
    done = lake.run("withdraw", delivery_of(lake, "first.jsonl"), "--json").json()
    names = ("users", "events", "rejected")
    assert [done[name] for name in names] == [dry[name] for name in names] == [1, 2, 1]
    assert lake.stored() == [(str(C),)]
    assert json.loads(lake.run("rejects", "--json").stdout)["reasons"] == []
    # and may come again
    assert lake.append(first)["appended"] == 2
    assert lake.append(first)["appended"] == 0


def test_withdrawing_a_later_delivery_leaves_what_others_brought_first(
    lake: Lake, tmp_path: Path
) -> None:
    lake.append(write(tmp_path / "first.jsonl", an_event(A), an_event(B)))
    lake.append(write(tmp_path / "second.jsonl", an_event(B), an_event(C)))
    done = lake.run("withdraw", delivery_of(lake, "second.jsonl"), "--json").json()
    assert done["events"] == 1
    assert lake.stored() == [(str(A),), (str(B),)]


def test_an_erased_person_is_in_no_file_once_old_ones_are_removed(
    lake: Lake, tmp_path: Path
) -> None:
    first = write(
        tmp_path / "ada-export.jsonl",
        an_event(A),
        an_event(B, user_id="bob"),
        '{"event_name": "login", "user_id": "ada"}',
    )
    lake.append(first)
    # a later row of bob's id, which no view shows
    lake.append(write(tmp_path / "more.jsonl", an_event(B), an_event(C, user_id="bob")))
    done = lake.run("erase", "--user", "ada", "--json").json()
    assert (done["users"], done["events"], done["rejected"]) == (1, 1, 1)
    assert lake.stored("event_id, user_id") == [(str(B), "bob"), (str(C), "bob")]
    lake.run("compact", "--grace", "0")
    for path in Path(lake.address).rglob("*.parquet"):
        assert b"ada" not in path.read_bytes(), path
    assert "(erased)" in lake.run("deliveries").stdout
    # what is sent again is a duplicate
    again = lake.append(first)
    assert (again["appended"], again["duplicate"]) == (0, 2)
    third = write(tmp_path / "third.jsonl", an_event(A), an_event(uuid.UUID(int=9)))
    assert lake.append(third)["appended"] == 1
