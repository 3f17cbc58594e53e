"""`loader generate`: the same bytes for the same options, exact amounts, and lifelike shapes."""

from __future__ import annotations

import datetime
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import duckdb
import pytest

from loader.generate import write
from tests.support.databases import Database
from tests.support.run import LoaderResult, run_loader

AMOUNTS = {"events": 20_000, "users": 500, "days": 84}
FUNNEL = ["product_viewed", "cart_added", "checkout_started", "purchase_completed"]
DAY = datetime.timedelta(days=1)


def generate(*extra: str | Path, **amounts: int) -> LoaderResult:
    options = [part for name, n in {**AMOUNTS, **amounts}.items() for part in (f"--{name}", str(n))]
    return run_loader("generate", *options, *extra)


@pytest.fixture(scope="module")
def text() -> str:
    result = generate()
    assert result.exit_code == 0
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def rows(text: str) -> list[dict[str, Any]]:
    """All delivered rows in their order, times parsed."""
    parsed = [json.loads(line) for line in text.splitlines()]
    for row in parsed:
        row["time"] = datetime.datetime.fromisoformat(row["event_time"])
    return parsed


@pytest.fixture(scope="module")
def events(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each event once, by time."""
    once = {row["event_id"]: row for row in rows}
    return sorted(once.values(), key=lambda row: (row["time"], row["event_id"]))


@pytest.fixture(scope="module")
def histories(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Each user's events, by time."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        found[event["user_id"]].append(event)
    return found


def test_the_same_options_give_the_same_bytes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"

    assert generate("--output", path).exit_code == 0

    assert path.read_bytes() == text.encode()


def test_the_number_of_threads_changes_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(write.SETTINGS, "threads", "3")

    assert generate().stdout == text


@pytest.mark.parametrize("change", [{"seed": 2}, {"events": 20_001}, {"users": 501}, {"days": 85}])
def test_other_options_give_other_events(text: str, change: dict[str, int]) -> None:
    """No id in common: two outputs can be appended to one table without a conflict."""
    ids = {json.loads(line)["event_id"] for line in text.splitlines()}

    others = {json.loads(line)["event_id"] for line in generate(**change).stdout.splitlines()}

    assert ids.isdisjoint(others)


@pytest.mark.parametrize(
    ("number", "users", "days"),
    [
        (1, 1, 1),
        (2, 2, 1),
        (199, 10, 3),
        (200, 10, 3),
        (401, 399, 30),
        (5000, 3, 400),
        (777, 77, 1),
    ],
)
def test_exactly_as_many_rows_users_and_repeats_as_asked(
    number: int, users: int, days: int
) -> None:
    lines = generate(events=number, users=users, days=days).stdout.splitlines()

    assert len(lines) == number
    assert len(set(lines)) == number - number // 200
    assert len({json.loads(line)["event_id"] for line in lines}) == number - number // 200
    assert len({json.loads(line)["user_id"] for line in lines}) == users


def test_everything_lies_in_the_days_asked_for(rows: list[dict[str, Any]]) -> None:
    end = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)

    assert min(row["time"] for row in rows) >= end - AMOUNTS["days"] * DAY
    assert max(row["time"] for row in rows) < end
    dates = {row["time"].date() for row in rows}
    assert len(dates) == AMOUNTS["days"]


def test_another_end() -> None:
    lines = generate("--end", "2022-02-28", events=300, users=20, days=2).stdout.splitlines()

    assert {json.loads(line)["event_time"][:10] for line in lines} == {"2022-02-27", "2022-02-28"}


def test_ids_are_uuids_of_version_4_spread_evenly(events: list[dict[str, Any]]) -> None:
    ids = [uuid.UUID(event["event_id"]) for event in events]

    assert all(value.version == 4 for value in ids)
    assert all(str(value) == event["event_id"] for value, event in zip(ids, events, strict=True))
    per_first_byte = Counter(value.bytes[0] for value in ids)
    expected = len(ids) / 256
    assert len(per_first_byte) == 256
    # Chi-squared with 255 degrees of freedom: 400 is exceeded once in a hundred million times.
    assert sum((n - expected) ** 2 / expected for n in per_first_byte.values()) < 400


def test_a_signup_comes_first_and_once(histories: dict[str, list[dict[str, Any]]]) -> None:
    for history in histories.values():
        assert history[0]["event_name"] == "signed_up"
        assert [event["event_name"] for event in history].count("signed_up") == 1


def test_signups_grow(events: list[dict[str, Any]]) -> None:
    days = [
        (event["time"].date() - datetime.date(2024, 10, 9)).days
        for event in events
        if event["event_name"] == "signed_up"
    ]
    half = AMOUNTS["days"] / 2

    assert sum(day >= half for day in days) > 1.3 * sum(day < half for day in days)


def test_activity_decays_after_the_signup(histories: dict[str, list[dict[str, Any]]]) -> None:
    """Of the users observed for five weeks, fewer are active in each later of weeks 1, 2 and 4."""
    end = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
    active: Counter[int] = Counter()
    observed = [history for history in histories.values() if end - history[0]["time"] >= 35 * DAY]
    for history in observed:
        active.update({(event["time"] - history[0]["time"]).days // 7 for event in history})

    assert len(observed) > 100
    assert active[0] > 1.3 * active[1] > 1.3 * active[4] > 0


def test_some_users_return_after_weeks_away(histories: dict[str, list[dict[str, Any]]]) -> None:
    returned = sum(
        any(later["time"] - event["time"] > 14 * DAY for event, later in pairwise(h))
        for h in histories.values()
    )

    assert returned > len(histories) / 20


def test_some_users_do_very_much(histories: dict[str, list[dict[str, Any]]]) -> None:
    sizes = sorted(map(len, histories.values()), reverse=True)

    assert sum(sizes[: len(sizes) // 10]) > 0.4 * sum(sizes)
    assert sizes[len(sizes) // 2] < mean(sizes) / 2


def test_weekly_and_daily_rhythm(events: list[dict[str, Any]]) -> None:
    """84 days hold each weekday twelve times; most users live between America and Europe."""
    weekdays = Counter(event["time"].weekday() for event in events)
    hours = Counter(event["time"].hour for event in events)

    weekend = (weekdays[5] + weekdays[6]) / 2
    assert weekend < 0.8 * (len(events) - weekdays[5] - weekdays[6]) / 5
    assert max(hours.values()) > 2 * min(hours.values())


def test_the_funnel_narrows_and_takes_time(histories: dict[str, list[dict[str, Any]]]) -> None:
    reached: Counter[int] = Counter()
    seconds = []
    for history in histories.values():
        step, before = 0, None
        for event in history:
            if step < len(FUNNEL) and event["event_name"] == FUNNEL[step]:
                if before is not None:
                    seconds.append((event["time"] - before).total_seconds())
                step, before = step + 1, event["time"]
        reached.update(range(1, step + 1))

    assert reached[1] > reached[2] > reached[3] > reached[4] > 0
    assert min(seconds) > 0
    assert max(seconds) > 86_400


def test_rows_come_in_the_order_of_arrival_with_late_ones(rows: list[dict[str, Any]]) -> None:
    latest = rows[0]["time"]
    late = very_late = 0
    for row in rows:
        late += latest - row["time"] > datetime.timedelta(hours=1)
        very_late += latest - row["time"] > DAY
        latest = max(latest, row["time"])

    assert len(rows) * 0.005 < late < len(rows) * 0.05
    assert very_late > 0


def test_repeats_are_the_same_and_come_later(text: str) -> None:
    lines = text.splitlines()
    times = Counter(lines)

    assert sum(n == 2 for n in times.values()) == AMOUNTS["events"] // 200
    assert max(times.values()) == 2
    gaps = [
        len(lines) - 1 - lines[::-1].index(line) - lines.index(line)
        for line, n in times.items()
        if n == 2
    ]
    assert max(gaps) > 100


def test_properties_belong_to_their_events(events: list[dict[str, Any]]) -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    for event in events:
        keys[event["event_name"]] |= event["properties"].keys()
    common = {"country", "device", "plan"}

    assert all(common <= found for found in keys.values())
    assert keys["signed_up"] - common == {"referrer"}
    assert keys["page_viewed"] - common == {"page"}
    assert keys["cart_added"] - common == {"product_id", "price", "quantity"}
    assert keys["purchase_completed"] - common == {"product_id", "quantity", "revenue", "currency"}
    assert set(FUNNEL) < keys.keys()


def test_a_product_has_one_price_and_a_user_one_country(events: list[dict[str, Any]]) -> None:
    prices: dict[str, set[float]] = defaultdict(set)
    countries: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if "price" in event["properties"]:
            prices[event["properties"]["product_id"]].add(event["properties"]["price"])
        countries[event["user_id"]].add(event["properties"]["country"])

    assert {len(found) for found in prices.values()} == {1}
    assert {len(found) for found in countries.values()} == {1}
    assert len({next(iter(found)) for found in countries.values()}) > 5


def test_some_users_change_their_plan(histories: dict[str, list[dict[str, Any]]]) -> None:
    """So that the first and the latest value of a property are two different segments."""
    changed = sum(
        history[0]["properties"]["plan"] != history[-1]["properties"]["plan"]
        for history in histories.values()
    )

    assert 0 < changed < len(histories) / 4


def test_parquet_holds_the_same(text: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for path in (first, second):
        assert generate("--format", "parquet", "--output", path).exit_code == 0

    assert first.read_bytes() == second.read_bytes()
    columns = duckdb.sql(f"select column_name, column_type from (describe from '{first}')")
    assert columns.fetchall() == [
        ("event_id", "UUID"),
        ("event_name", "VARCHAR"),
        ("event_time", "TIMESTAMP WITH TIME ZONE"),
        ("user_id", "VARCHAR"),
        ("properties", "VARCHAR"),
    ]
    found = duckdb.sql(
        "select cast(event_id as text), event_name, epoch_ms(event_time), user_id, properties"
        f" from '{first}'"
    ).fetchall()
    assert [tuple(row) for row in found] == list(as_columns(text))


def as_columns(text: str) -> Iterator[tuple[object, ...]]:
    for line in text.splitlines():
        row = json.loads(line)
        milliseconds = datetime.datetime.fromisoformat(row["event_time"]).timestamp() * 1000
        properties = line[line.index('"properties":') + len('"properties":') : -1]
        yield row["event_id"], row["event_name"], round(milliseconds), row["user_id"], properties


def test_the_ending_of_the_file_tells_the_format(tmp_path: Path) -> None:
    named, unnamed = tmp_path / "events.parquet", tmp_path / "events.jsonl"
    for path in (named, unnamed):
        assert generate("--output", path).exit_code == 0
    assert named.read_bytes().startswith(b"PAR1")
    assert unnamed.read_bytes().startswith(b"{")


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_the_loader_appends_all_of_it(database: Database, tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"events.{file_format}"
    generate("--format", file_format, "--output", path, events=10_000)
    run_loader("init", database=database, check=True)

    report = run_loader("append", path, "--json", database=database, check=True).json()

    assert report["read"] == 10_000
    assert report["appended"] == 9_950
    assert report["duplicate"] == 50
    assert report["rejected"] == report["conflicting"] == 0


def test_too_few_events_for_the_users() -> None:
    result = generate(events=100, users=101)

    assert result.exit_code == 2
    assert "100 events are too few for 101 users" in result.stderr


def test_parquet_needs_a_file() -> None:
    result = generate("--format", "parquet")

    assert result.exit_code == 2
    assert "--output" in result.stderr


def test_never_overwrites_without_force(tmp_path: Path) -> None:
    path = tmp_path / "precious.jsonl"
    path.write_text("precious")

    refused = generate("--output", path, events=10, users=2)

    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert path.read_text() == "precious"
    assert generate("--output", path, "--force", events=10, users=2).exit_code == 0
    assert len(path.read_text().splitlines()) == 10


def test_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        result = generate("--output", tmp_path / "events.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Cannot write ")
    assert list(tmp_path.iterdir()) == []
