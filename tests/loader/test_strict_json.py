"""The quick way of reading JSON and the one that names each fault agree on every text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loader import strict_json
from loader.contract import Contract, Event, read_time
from loader.ids import message_uuid
from loader.strict_json import JsonError, parse

DEPTH = 6

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.sampled_from([10**308, 10**309, -(10**309)])
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(['":', ' :"', '"a":1', "\ud800", "\x00", "é", "\\"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", 'b":', "c :", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r")])
PIECES = st.sampled_from(
    [*'{}[]",: ', '"a":', '"a" :', '":"', "1e400", "1E5", "-0", "NaN", "9" * 310, r"\ud800", "\\"]
)


def outcome(text: str, *, slowly: bool) -> object:
    """What comes of a text: its value, with types, or the reason."""
    try:
        found = strict_json._parse_slowly(text, DEPTH) if slowly else parse(text, max_depth=DEPTH)
    except JsonError as error:
        return error.reason, error.detail
    return repr(found)


@given(
    text=st.builds(
        lambda value, separators, plain: json.dumps(
            value, separators=separators, ensure_ascii=plain
        ),
        VALUES,
        SEPARATORS,
        st.booleans(),
    )
    | st.lists(PIECES, max_size=12).map("".join)
)
@example('{"a" :1,"a":2}')
@example('{"a"\t:1,"a":2}')
@example('{"a"\n:1,"a":2}')
@example('{"a"\r:1,"a":2}')
@example('{"a":1,"a":2}')
@example('{"a":"\\":","b":1}')
@example('[{"a":1},{"a":1}]')
@example('{"a":{"a":1,"a":2}}')
@example("[" * DEPTH + "]" * DEPTH)
@example("[" * (DEPTH + 1) + "]" * (DEPTH + 1))
@example("[" * 50_000)
@example('["\\ud83d\\ude00", "\\\\ud800", "\\u0000"]')
@example('{"a":1e400,"a":1}')
def test_both_ways_of_reading_agree(text: str) -> None:
    assert outcome(text, slowly=False) == outcome(text, slowly=True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00+00:00"),
        ("2026-03-01T09:30:00.5Z", "2026-03-01T09:30:00.500000+00:00"),
        ("2026-03-01T09:30:00.123456789Z", "2026-03-01T09:30:00.123456+00:00"),
        ("2026-03-01T24:00:00Z", None),
        ("2026-02-30T09:30:00Z", None),
        ("0000-03-01T09:30:00Z", None),
        ("2026-W09-7T09:30:00Z", None),
        ("2026-03-01T09:30:60Z", None),
        ("2026-03-01T09:30:00.Z", None),
        ("2026-03-01T09:30:00.1+Z", None),
        ("2026-03-01T09:30:00.\u0661Z", None),
        ("2026-03-01x09:30:00Z", None),
    ],
)
def test_usual_times_are_read_as_all_others(text: str, moment: str | None) -> None:
    found = read_time(text)
    assert (found and found.isoformat()) == moment
    # With an offset the same moment is no usual text.
    assert read_time(text.removesuffix("Z") + "+00:00") == found


@pytest.mark.parametrize(
    "text",
    [
        "0_1ad46a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        "+123456a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        " 123456a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        "  23456a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        "0123456a-7a3a-4d6e-9b1c-0d6c2f0e7a\t\n",
        "g123456a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        "\u0660123456a-7a3a-4d6e-9b1c-0d6c2f0e7a11",
        "0123456a7-a3a-4d6e-9b1c-0d6c2f0e7a11",
    ],
)
def test_what_only_looks_like_a_uuid_is_a_text_of_its_source(text: str) -> None:
    contract = Contract(latest=datetime.now(UTC))
    row = {"event": "e", "user_id": "u", "timestamp": "2026-03-01T09:30:00Z"}
    other = contract.judge({**row, "id": text})
    assert isinstance(other, Event)
    assert other.event_id == message_uuid("file", text)
    known = contract.judge({**row, "id": "0123456A-7a3a-4d6e-9b1c-0d6c2f0e7a11"})
    assert isinstance(known, Event)
    assert str(known.event_id) == "0123456a-7a3a-4d6e-9b1c-0d6c2f0e7a11"
