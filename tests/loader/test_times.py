"""How times are written: epochs, layouts, zones, changes of clocks; and nothing guessed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from loader.contract import Contract, Event, Rejection
from loader.mapping import Clock
from loader.refusals import RefusedError
from loader.times import read_time
from tests.loader.raw_tables import RawTables

MOMENT = "2024-03-01T08:30:00.123456Z"
LATEST = datetime(2026, 1, 1, tzinfo=UTC)


def read(value: Any, *formats: str, zone: str | None = None) -> Any:
    """The time as the contract takes it."""
    return Clock(formats or ("iso",), zone).text(value, Counter())


def refused(value: Any, *formats: str, zone: str | None = None) -> str:
    """Why a time is refused: reason and detail."""
    with pytest.raises(RefusedError) as error:
        read(value, *formats, zone=zone)
    return f"{error.value.rejection.reason}: {error.value.rejection.detail}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epoch-s", 1709281800, "2024-03-01T08:30:00.000000Z"),
        ("epoch-s", "1709281800", "2024-03-01T08:30:00.000000Z"),
        ("epoch-s", 1709281800.123456, MOMENT),
        ("epoch-s", "1709281800.123456789", MOMENT),
        ("epoch-s", "1709281800.1", "2024-03-01T08:30:00.100000Z"),
        ("epoch-s", "1709281800.0", "2024-03-01T08:30:00.000000Z"),
        ("epoch-s", -1.5, "1969-12-31T23:59:58.500000Z"),
        ("epoch-ms", 1709281800123, "2024-03-01T08:30:00.123000Z"),
        ("epoch-ms", "1709281800123.456", MOMENT),
        ("epoch-ms", 1709281800123.456, MOMENT),
        ("epoch-ms", 1.709281800123e12, "2024-03-01T08:30:00.123000Z"),
        ("epoch-us", "1709281800123456", MOMENT),
        ("epoch-us", 1709281800123456.0, MOMENT),
        ("epoch-ns", 1709281800123456789, MOMENT),
        ("epoch-ns", "1709281800123456999", MOMENT),
        ("epoch-ns", 5, "1970-01-01T00:00:00.000000Z"),
        ("epoch-s", 0, "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_epochs_are_exact_as_number_and_as_text(name: str, value: Any, expected: str) -> None:
    assert read(value, name) == expected


@pytest.mark.parametrize("seconds", range(1_709_281_800, 1_709_281_800 + 500, 7))
def test_no_microsecond_of_an_epoch_is_rounded(seconds: int) -> None:
    micros = seconds * 1_000_003 % 1_000_000
    expected = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    texts = (f"{seconds}.{micros:06}", float(f"{seconds}.{micros:06}"))
    assert {read_time(read(value, "epoch-s")) for value in texts} == {expected}


@pytest.mark.parametrize(
    "value", ["1.70928E+12", "", " 1709281800", "1,709,281,800", True, [1], "1709281800s", "٣"]
)
def test_what_is_no_epoch_is_refused(value: Any) -> None:
    if value == "":
        assert read(value, "epoch-s") is None
    else:
        assert refused(value, "epoch-s").startswith("invalid_event_time: ")
    assert "out of range" in refused("99999999999999999999", "epoch-s")


@pytest.mark.parametrize(
    ("layout", "value", "zone", "expected"),
    [
        ("%d.%m.%Y %H:%M", "01.03.2024 09:30", "Europe/Berlin", "2024-03-01T08:30:00.000000Z"),
        ("%d.%m.%Y %H:%M", "01.07.2024 09:30", "Europe/Berlin", "2024-07-01T07:30:00.000000Z"),
        ("%m/%d/%Y %I:%M %p", "03/01/2024 08:30 PM", "UTC", "2024-03-01T20:30:00.000000Z"),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Mar/2024:09:30:00 +0100", None, "2024-03-01T08:30:00.000000Z"),
        ("%Y-%m-%d", "2024-03-01", "America/New_York", "2024-03-01T05:00:00.000000Z"),
        ("%Y%m%d", 20240301, "UTC", "2024-03-01T00:00:00.000000Z"),
        ("iso", "2024-03-01 09:30:00", "Europe/Berlin", "2024-03-01T08:30:00.000000Z"),
        ("iso", "2024-03-01 09:30:00.5", "Asia/Kolkata", "2024-03-01T04:00:00.500000Z"),
        # An offset that is there counts, whatever the zone.
        ("iso", "2024-03-01T09:30:00-05:00", "Europe/Berlin", "2024-03-01T14:30:00.000000Z"),
        ("iso", "2024-03-01 08:30:00 UTC", "Europe/Berlin", "2024-03-01T08:30:00.000000Z"),
    ],
)
def test_layouts_and_zones(layout: str, value: Any, zone: str | None, expected: str) -> None:
    assert read(value, layout, zone=zone) == expected


def test_a_layout_without_offset_needs_a_zone() -> None:
    assert "--time-zone" in refused("01.03.2024 09:30", "%d.%m.%Y %H:%M")
    assert "no time like" in refused("2024-03-01", "%d.%m.%Y", zone="UTC")


def test_of_several_formats_the_first_that_fits_counts() -> None:
    formats = ("epoch-s", "epoch-ms", "iso")
    assert read(1709281800, *formats) == "2024-03-01T08:30:00.000000Z"
    assert read("1709281800123", *formats) == "2024-03-01T08:30:00.123000Z"
    assert read("2024-03-01T08:30:00Z", *formats) == "2024-03-01T08:30:00.000000Z"
    assert "no time as epoch-s or epoch-ms or iso" in refused("5", *formats)


@pytest.mark.parametrize(
    ("local", "expected", "note"),
    [
        ("2024-10-27 01:59:59", "2024-10-26T23:59:59.000000Z", None),
        ("2024-10-27 02:00:00", "2024-10-27T00:00:00.000000Z", "ambiguous_time"),
        ("2024-10-27 02:59:59", "2024-10-27T00:59:59.000000Z", "ambiguous_time"),
        ("2024-10-27 03:00:00", "2024-10-27T02:00:00.000000Z", None),
        ("2024-03-31 01:59:59", "2024-03-31T00:59:59.000000Z", None),
        ("2024-03-31 02:00:00", "2024-03-31T01:00:00.000000Z", "skipped_time"),
        ("2024-03-31 02:59:59", "2024-03-31T01:59:59.000000Z", "skipped_time"),
        ("2024-03-31 03:00:00", "2024-03-31T01:00:00.000000Z", None),
    ],
)
def test_changes_of_clocks_are_read_one_way_and_counted(
    local: str, expected: str, note: str | None
) -> None:
    notes: Counter[str] = Counter()
    assert Clock(zone="Europe/Berlin").text(local, notes) == expected
    assert notes == ({note: 1} if note else {})


def test_formats_and_zones_that_there_are_not_are_named() -> None:
    with pytest.raises(ValueError, match="'epoch' is no format of times"):
        Clock(("epoch",))
    for layout in ("%Q", "%Y %", "%Y %Y"):
        with pytest.raises(ValueError, match="is no layout of times"):
            Clock((layout,))
    with pytest.raises(ValueError, match=r"is it Europe/Berlin\?"):
        Clock(zone="Europe/Berln")
    with pytest.raises(ValueError, match="'\\.\\./etc' is no time zone"):
        Clock(zone="../etc")


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (1709281800, "looks like epoch seconds: --time-format epoch-s"),
        (1709281800.5, "--time-format epoch-s"),
        ("1709281800123", "looks like epoch milliseconds: --time-format epoch-ms"),
        ("1709281800123456", "--time-format epoch-us"),
        (1709281800123456789, "--time-format epoch-ns"),
        ("2024-03-01", "--time-format %Y-%m-%d --time-zone"),
        ("01.03.2024 08:30", "--time-format, such as"),
        ("2024-03-01 08:30:00", "--time-zone"),
    ],
)
def test_without_an_option_a_time_is_refused_with_the_option_that_fits(
    value: Any, advice: str
) -> None:
    row = {"event_name": "a", "event_time": value, "user_id": "u"}
    result = Contract(latest=LATEST).judge(row)
    assert isinstance(result, Rejection)
    assert advice in result.detail


@pytest.mark.parametrize("suffix", ["UTC", " UTC", "utc", " utc", "Z", " Z"])
def test_utc_may_be_a_word(suffix: str) -> None:
    row = {"event_name": "a", "event_time": f"2024-03-01 08:30:00{suffix}", "user_id": "u"}
    result = Contract(latest=LATEST).judge(row)
    assert isinstance(result, Event)
    assert result.event_time == datetime(2024, 3, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("suffix", [" UT", "UTC+1", " GMT", "  UTC", " UTC "])
def test_other_words_are_none(suffix: str) -> None:
    assert read_time(f"2024-03-01 08:30:00{suffix}") is None


TIMES = {
    "epoch milliseconds in CSV": (
        "a.csv",
        "event_name,event_time,user_id\na,1709281800123,u1\n",
        ("--time-format", "epoch-ms"),
        "2024-03-01T08:30:00.123000+00:00",
    ),
    "epoch seconds in a nested object": (
        "a.jsonl",
        '{"event":"a","properties":{"time":1709281800,"distinct_id":"u1"}}\n',
        (
            *("--map", "event_time=/properties/time", "--map", "user_id=/properties/distinct_id"),
            *("--time-format", "epoch-s"),
        ),
        "2024-03-01T08:30:00+00:00",
    ),
    "epoch microseconds as text": (
        "a.jsonl",
        '{"event_name":"a","event_timestamp":"1709281800123456","user_pseudo_id":"u1"}\n',
        (
            *("--map", "event_time=event_timestamp", "--map", "user_id=user_pseudo_id"),
            *("--time-format", "epoch-us"),
        ),
        "2024-03-01T08:30:00.123456+00:00",
    ),
    "UTC as a word": (
        "a.csv",
        "event_name,event_time,user_id\na,2024-03-01 08:30:00 UTC,u1\n",
        (),
        "2024-03-01T08:30:00+00:00",
    ),
    "no offset": (
        "a.csv",
        "event_name,event_time,user_id\na,2024-03-01 09:30:00,u1\n",
        ("--time-zone", "Europe/Berlin"),
        "2024-03-01T08:30:00+00:00",
    ),
    "a layout of spreadsheets": (
        "a.csv",
        "event_name,event_time,user_id\na,01.03.2024 09:30,u1\n",
        ("--time-zone", "Europe/Berlin", "--time-format", "%d.%m.%Y %H:%M"),
        "2024-03-01T08:30:00+00:00",
    ),
}


@pytest.mark.parametrize(("name", "text", "options", "time"), TIMES.values(), ids=TIMES)
def test_times_of_files(
    raw: RawTables, name: str, text: str, options: tuple[str, ...], time: str
) -> None:
    raw.write(name, text)
    raw.append(name, *options)
    assert [(event.event_time, event.user_id) for event in raw.events()] == [(time, "u1")]
