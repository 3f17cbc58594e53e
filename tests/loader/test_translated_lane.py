"""The lane of translated rows makes exactly the events of translation and contract, or none."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.contract import Contract, Event
from loader.mapping import Mapping, mapping_from_options
from loader.mapping.compiled import can_compile
from loader.mapping.layout import read_layout
from loader.readers import Block
from loader.translated import Judge
from loader.translated_lane import TranslatedLane
from tests.loader.test_lane import GOOD_SCALARS, IDS, TIMES, USERS, VALUES, let_through
from tests.loader.test_presets import SAMPLES

LATEST = datetime(2026, 1, 1, tzinfo=UTC)
CONTRACT = Contract(latest=LATEST)
PRESETS = ("segment", "rudderstack", "posthog", "mixpanel", "amplitude")
OWN = """
source: shop
fields:
  event_id: [number, /data/id]
  event_name: [kind, "'seen'"]
  event_time: [at, /data/at]
  user_id: [/data/user, who]
  properties:
    - from: [data, more]
      without: [user]
    - from: other
      prefix: o.
    - keys: [who, nested, extra]
      prefix: $
time: {format: [epoch-s, epoch-ms, iso], zone: UTC}
"""
OWN_ROW = {
    "number": "A-1",
    "kind": "click",
    "at": 1709281800123,
    "who": "w",
    "data": {"user": "u", "at": "2024-03-01 08:30:00", "k": 1},
    "other": {"a": True},
    "nested": {"deep": {"list": [1, "x"]}},
    "extra": None,
}


def mapping_of(name: str) -> Mapping:
    """A preset, or the mapping of this module."""
    if name == "own":
        return read_layout(OWN, "own.yml").mapping("--mapping", "file")
    return mapping_from_options(from_preset=name)


def sample_of(name: str) -> dict[str, Any]:
    """A plain row."""
    return copy.deepcopy(OWN_ROW if name == "own" else SAMPLES[name].row)


def passed(rows: Sequence[str], mapping: Mapping) -> dict[int, Event]:
    """What the lane lets through, by the number of the row from 0."""
    assert mapping.translation is not None
    lane = TranslatedLane(CONTRACT, mapping, mapping.translation)
    query = lane.query(Block("\n".join(rows), range(len(rows)), 0))
    return {} if query is None else let_through(query, rows)


def assert_same(rows: Sequence[str], mapping: Mapping) -> dict[int, Event]:
    """The lane's events are the translation's; returns them."""
    judge = Judge(CONTRACT, mapping)
    events = passed(rows, mapping)
    for line, event in events.items():
        assert judge.results(rows[line].removesuffix("\r"), Counter()) == [event], rows[line]
    return events


@pytest.mark.parametrize("name", [*PRESETS, "own"])
def test_plain_rows_take_the_lane(name: str) -> None:
    row = sample_of(name)
    texts = [json.dumps(row), json.dumps(row, separators=(",", ":"))]
    assert list(assert_same(texts, mapping_of(name))) == [0, 1]


# Values in place of others: ordinary, odd and broken ones, as JSON texts.
INSTEAD = st.one_of(
    GOOD_SCALARS,
    VALUES,
    IDS,
    USERS,
    TIMES,
    st.sampled_from(
        [
            *('"page"', '"track"', '"screen"', '"alias"', '"identify"', '"group"', "1709281800"),
            *("1709281800123", '"1709281800"', "1709281800.5", '"12345.0"', "12345.0", '"-1"'),
            *('"2024-03-01 08:30:00"', '"2024-02-30T08:30:00Z"', '"9999-12-31T23:59:59Z"'),
            *('{"token":"t","a":1}', '{"token":5}', '{"$anonymous_id":1}', '{"a":1,"a":2}'),
            *('{"time":1709281800,"time":1,"distinct_id":"u"}', '{"distinct_id":"p"}', "{}"),
            *('{"$context":1}', '{"$set":{}}', '{"$set":1}', '{"$original_timestamp":1}'),
            *('{"time":1709281800,"distinct_id":"v","$insert_id":"i"}', '{"a":{"b":1}}', '"é"'),
            *('"{}"', '" "', '"u\\u0031"', '"a\\"b"', '"1f1ed002ab5b4e8c9d2f0123456789ab"'),
            *('{"user":"v","at":"2024-03-01T08:30:00Z"}', '{"user":7,"id":8}', '{"o.a":1}'),
        ]
    ),
)


def _paths(value: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for key, inner in value.items():
        found.append((*above, key))
        if isinstance(inner, dict):
            found += _paths(inner, (*above, key))
    return found


@st.composite
def changed(draw: st.DrawFn, sample: dict[str, Any]) -> str:
    """A row with some values replaced, left out or named otherwise."""
    row = copy.deepcopy(sample)
    marks: dict[str, str] = {}
    for number, path in enumerate(draw(st.lists(st.sampled_from(_paths(sample)), max_size=3))):
        inside: Any = row
        for key in path[:-1]:
            inside = inside[key] if isinstance(inside, dict) and key in inside else {}
        if not isinstance(inside, dict) or path[-1] not in inside:
            continue
        if draw(st.integers(0, 9)) == 0:
            del inside[path[-1]]
        else:
            inside[path[-1]] = f"<{number}>"
            marks[f'"<{number}>"'] = draw(INSTEAD)
    text = json.dumps(row, separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text.replace("\n", "")


@pytest.mark.parametrize("name", [*PRESETS, "own"])
def test_whatever_the_lane_lets_through_is_what_the_translation_makes(name: str) -> None:
    sample = sample_of(name)
    mapping = mapping_of(name)
    judged: Counter[bool] = Counter()

    @settings(max_examples=15)
    @given(st.lists(changed(sample), min_size=8, max_size=16))
    def check(rows: list[str]) -> None:
        # The first row shows the lane the shape, and the others show it theirs.
        events = assert_same([json.dumps(sample), *rows], mapping)
        assert 0 in events
        judged.update(line in events for line in range(1, len(rows) + 1))

    check()
    # Neither side may be tested on next to nothing.
    assert min(judged[True], judged[False]) > judged.total() / 20


@pytest.mark.parametrize("name", [*PRESETS, "own"])
@pytest.mark.parametrize("instead", ["null", '""', "1", '"x"', "{}", "true", "[]", '"\\u0041"'])
def test_each_value_in_turn_replaced(name: str, instead: str) -> None:
    sample = sample_of(name)
    mapping = mapping_of(name)
    texts = []
    for path in _paths(sample):
        row = copy.deepcopy(sample)
        inside = row
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = "<mark>"
        texts.append(json.dumps(row).replace('"<mark>"', instead))
    assert_same([json.dumps(sample), *texts], mapping)
    assert_same(texts, mapping)


@pytest.mark.parametrize(
    ("name", "compiles"),
    [*((name, True) for name in PRESETS), ("matomo", False), ("ga4", False), ("github", True)],
)
def test_which_translations_have_a_lane(name: str, compiles: bool) -> None:
    translation = mapping_of(name).translation
    assert translation is not None
    assert can_compile(translation) is compiles
