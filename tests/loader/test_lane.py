"""The fast lane makes exactly the events that the contract would make, whatever the row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.contract import Contract, Event
from loader.field_names import FieldNames
from loader.lane import Lane, Query
from loader.readers import Block

LATEST = datetime(2026, 1, 1, tzinfo=UTC)
ID = "6f1ed002-ab5b-4e8c-9d2f-0123456789ab"
PLAIN = {
    "event_id": ID,
    "event_name": "page_viewed",
    "event_time": "2025-03-01T12:00:00.5Z",
    "user_id": "u1",
    "properties": {"plan": "pro", "n": 1},
}


@cache
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect(":memory:")
    opened.execute("set timezone = 'UTC'")
    opened.execute("set threads = 1")
    return opened


def let_through(query: Query, rows: Sequence[str]) -> dict[int, Event]:
    """The events of a lane's query over these rows, by the number of the row from 0."""
    found = connection().execute(
        "select line, event_id::uuid, event_name, event_time, moment, user_id, properties, row "
        f"from ({query.sql}) order by line",
        query.parameters,
    )
    events = {}
    for line, event_id, name, time, moment, user, properties, row in found.fetchall():
        if row is None:
            # The text goes to PostgreSQL as it is, the moment to DuckDB.
            assert datetime.fromisoformat(time) == moment
            events[line] = Event(event_id, name, moment.astimezone(UTC), user, properties)
        else:
            assert row == rows[line]
    return events


def passed(rows: Sequence[str], contract: Contract) -> dict[int, Event]:
    """What the lane lets through, by the number of the row from 0."""
    return let_through(Lane(contract).query(Block("\n".join(rows), range(len(rows)), 0)), rows)


def assert_same(rows: Sequence[str], contract: Contract) -> dict[int, Event]:
    """The lane's events are the contract's; returns them."""
    events = passed(rows, contract)
    for line, event in events.items():
        assert contract.check(rows[line].removesuffix("\r")) == event, rows[line]
    return events


# Tokens that stand for a value in a row of JSON, from ordinary to broken.
ODD_NUMBERS = (
    *("0", "-0", "0.0", "-0.0", "1", "-1", "1.0", "1.10", "1e2", "1E2", "1e-7", "0.0000001"),
    *("0.000001", "0.0001", "0.00012", "0.000", "123456789.123456", "12345678901.5", "4.35"),
    *("99999999999999999", "9007199254740993", "9223372036854775808", "18446744073709551616"),
    *("1e22", "1e400", "-1e400", "1.7976931348623157e308", "5e-324", "0.30000000000000004"),
    *("00", "01", "1.", ".5", "+1", "0x1", "1_0", "NaN", "nan", "Infinity", "-Infinity", "inf"),
)
NUMBERS = st.one_of(
    st.sampled_from(ODD_NUMBERS),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-10, 10, places=17).map(lambda number: format(number, "f")),
    st.decimals(-(10**9), 10**9, places=6).map(lambda number: format(number, "f")),
)
ODD_ESCAPES = (
    *(r"\"", r"\\", r"\/", r"\b", r"\n", r"\t", r"\u0041", r"\u00e9", r"\u001f", r"\u0000"),
    *(r"\ud83d\ude00", r"\ud800", r"\udfff", r"\uD83D", r"\x", "\\", r"\u00", "'", "%", "\x7f"),
)
CHARACTERS = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters='"\\\n'),
    st.sampled_from(ODD_ESCAPES),
)
STRINGS = st.lists(CHARACTERS, max_size=6).map(lambda parts: '"' + "".join(parts) + '"')
SPACES = st.sampled_from(["", "", "", " ", "  ", "\t", "\r", "\x0b", "\u00a0"])
KEYS = st.one_of(st.sampled_from(['"a"', '"b"', '"plan"', '"\\u0061"', '""']), STRINGS)
SCALARS = st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null", "True", "nul"]))
COMMAS = st.sampled_from([",", ",", ",", ", ", ",,", ""])


@st.composite
def arrays(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    parts = draw(st.lists(st.tuples(SPACES, items, SPACES).map("".join), max_size=3))
    return "[" + draw(COMMAS).join(parts) + draw(st.sampled_from(["]", "]", "]", ",]", ""]))


@st.composite
def objects(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    pairs = draw(
        st.lists(st.tuples(SPACES, KEYS, SPACES, st.just(":"), SPACES, items, SPACES), max_size=3)
    )
    body = draw(COMMAS).join("".join(pair) for pair in pairs)
    return "{" + body + draw(st.sampled_from(["}", "}", "}", "}", ",}", "", "}}"]))


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | objects(inner), max_leaves=6)
IDS = st.one_of(
    st.uuids().map(lambda u: f'"{u}"'),
    st.sampled_from([f'"{ID.upper()}"', f'"{{{ID}}}"', f'"{ID.replace("-", "")}"', '""', "null"]),
    st.sampled_from([f'" {ID}"', '"x"', "5", f'"urn:uuid:{ID}"', f'"{ID[:-1]}"']),
)
TIMES = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 (zone appended)
        lambda t: f'"{t.isoformat()}Z"'
    ),
    st.builds(
        lambda day, time, zone: f'"{day}{time}{zone}"',
        st.sampled_from(["2025-02-28", "2024-02-29", "2025-02-29", "2025-13-01", "0000-01-01"]),
        st.sampled_from(["T00:00:00", " 23:59:59.999999", "T24:00:00", "T23:59:60", "T1:00", ""]),
        st.sampled_from(["Z", "z", "+00", "+05:30", "-0800", " +01:00", "+14:59", "+15:00", ""]),
    ),
    st.sampled_from(['"now"', '"infinity"', '"01/02/2024"', '"2025-01-01T00:00:00.1234567Z"']),
    st.sampled_from(["1735689600", "null", '""', '"2000-01-01T00:00:00Z"']),
    st.just('"2026-01-01T00:00:00.000001Z"'),
)
USERS = st.one_of(
    STRINGS,
    NUMBERS,
    st.sampled_from(
        ["null", '"u1"', "true", '"' + "é" * 256 + '"', '"12345.0"', '"-5.0"', '"1.0.0"']
    ),
)


GOOD_SCALARS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(max_size=4).map(json.dumps),
    st.text(max_size=4).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(["true", "false", "null"]),
)


@st.composite
def good_objects(draw: st.DrawFn) -> str:
    """Objects that are JSON, though a key may come twice."""
    keys = st.sampled_from(['"a"', '"b"', '"c"', '"\\u0061"', '"é"'])
    values = GOOD_SCALARS | st.lists(GOOD_SCALARS, max_size=2).map(lambda v: f"[{','.join(v)}]")
    pairs = draw(st.lists(st.tuples(keys, values).map(":".join), max_size=3))
    return "{" + draw(st.sampled_from([",", ", "])).join(pairs) + "}"


ORDINARY_VALUES = {
    "event_id": st.uuids().map(lambda value: f'"{value}"'),
    "event_name": st.just('"page_viewed"'),
    "event_time": st.just('"2025-03-01T12:00:00.5+02:00"'),
    "user_id": st.just('"u1"'),
    # Few of the drawn ones are plain enough for the lane.
    "properties": st.one_of(
        st.sampled_from(["{}", '{"a": 1}', '{"b": "text", "a": [0.5, null, "é"]}']), good_objects()
    ),
}
ODD_VALUES = {
    "event_id": IDS,
    "event_name": STRINGS | SCALARS,
    "event_time": TIMES,
    "user_id": USERS,
    "properties": objects(SCALARS) | objects(VALUES) | SCALARS,
}


@st.composite
def events(draw: st.DrawFn, *, text_properties: bool) -> str:
    """A row with the keys of PLAIN in their order; one value may be odd."""
    odd = draw(st.sets(st.sampled_from(list(PLAIN)), max_size=1))
    values = {key: draw((ODD_VALUES if key in odd else ORDINARY_VALUES)[key]) for key in PLAIN}
    if text_properties and ("properties" not in odd or draw(st.booleans())):
        text = values["properties"]
        values["properties"] = json.dumps(text, ensure_ascii=draw(st.booleans()))
    space = draw(SPACES)
    pairs = [f'"{key}":{space}{value}' for key, value in values.items()]
    if draw(st.integers(0, 9)) == 0:
        pairs.append(draw(st.sampled_from(pairs)))
    return f"{space}{{{f',{space}'.join(pairs)}{space}}}"


# Readers decode what they read, so no row holds half a pair as it is.
ANY_CHARACTER = st.characters(exclude_categories=["Cs"], exclude_characters="\n")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """An ordinary row in which one character was put in, left out or replaced."""
    row = json.dumps(PLAIN)
    at = draw(st.integers(0, len(row)))
    return row[:at] + draw(ANY_CHARACTER) + row[at + draw(st.integers(0, 1)) :]


@pytest.mark.parametrize("text_properties", [False, True], ids=["json_lines", "table"])
@pytest.mark.parametrize("derived", [False, True], ids=["given_id", "derived_id"])
def test_whatever_the_lane_lets_through_is_what_the_contract_makes(
    text_properties: bool, derived: bool
) -> None:
    contract = Contract(latest=LATEST, text_properties=text_properties)
    judged: Counter[bool] = Counter()
    template = dict(PLAIN)
    if derived:
        template = {"old_id" if key == "event_id" else key: PLAIN[key] for key in PLAIN}
    if text_properties:
        template["properties"] = json.dumps(PLAIN["properties"])
    plain = json.dumps(template)

    @settings(max_examples=40)
    @given(
        st.lists(
            st.one_of(
                *[events(text_properties=text_properties)] * 4, mutated(), st.text(ANY_CHARACTER)
            ),
            min_size=10,
            max_size=25,
        )
    )
    def check(rows: list[str]) -> None:
        rows = [row.replace("\n", "") for row in rows]
        if derived:
            rows = [row.replace('"event_id"', '"old_id"', 1) for row in rows]
        # The first row shows the lane the shape; without it nothing would pass.
        events = assert_same([plain, *rows], contract)
        assert 0 in events
        judged.update(line in events for line in range(1, len(rows) + 1))

    check()
    # Neither side may be tested on next to nothing.
    assert min(judged[True], judged[False]) > judged.total() / 20


ORDINARY = {
    "spaces as Python writes them": json.dumps(PLAIN),
    "no spaces": json.dumps(PLAIN, separators=(",", ":")),
    "indented by tabs": json.dumps(PLAIN).replace(": ", ":\t"),
    "carriage return": json.dumps(PLAIN) + "\r",
    "escaped umlaut": json.dumps({**PLAIN, "properties": {"city": "Zürich 東京 😀"[:9]}}),
    "raw umlaut": json.dumps(
        {**PLAIN, "properties": {"city": "Zürich 東京 😀"}}, ensure_ascii=False
    ),
    "escapes in properties": json.dumps({**PLAIN, "properties": {"q": 'a"b\\c\n\t'}}),
    "decimals": json.dumps({**PLAIN, "properties": {"lat": 25.033964, "lon": -121.5645, "x": 0.5}}),
    "double with 17 digits": json.dumps({**PLAIN, "properties": {"x": 0.30000000000000004}}),
    "large integer": json.dumps({**PLAIN, "properties": {"n": 10**17}}),
    "null and booleans": json.dumps({**PLAIN, "properties": {"a": None, "b": True, "c": False}}),
    "array of scalars": json.dumps({**PLAIN, "properties": {"tags": ["a", 1, None]}}),
    "no properties": json.dumps({**PLAIN, "properties": {}}),
    "null properties": json.dumps({**PLAIN, "properties": None}),
    "number as user": json.dumps({**PLAIN, "user_id": 12345}),
    "name in another script": json.dumps({**PLAIN, "event_name": "購入"}, ensure_ascii=False),
    "quote and semicolon": json.dumps({**PLAIN, "event_name": "a'; drop table events; --"}),
    "time with offset": json.dumps({**PLAIN, "event_time": "2025-03-01 12:00:00+05:30"}),
    "upper-case id": json.dumps({**PLAIN, "event_id": ID.upper()}),
    "no id": json.dumps({**PLAIN, "event_id": None}),
}


@pytest.mark.parametrize("row", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_rows_take_the_lane(row: str) -> None:
    assert list(assert_same([json.dumps(PLAIN), row], Contract(latest=LATEST))) == [0, 1]


def test_other_names_extra_columns_and_several_shapes_take_the_lane() -> None:
    segment = '{"type":"track","messageId":"%s","event":"a","timestamp":"2025-01-01T00:00:00Z",'
    segment += '"userId":"u","context":[1],"properties":{"a":1}}'
    rows = [json.dumps(PLAIN), segment % ID] * 5
    assert len(assert_same(rows, Contract(latest=LATEST))) == 10


def test_mapped_names_take_the_lane() -> None:
    names = FieldNames({"event_time": "createdAt", "event_id": ""})
    row = '{"id":"not used","event":"a","createdAt":"2025-01-01T00:00:00Z","user_id":"u"}'
    events = assert_same([row], Contract(latest=LATEST, names=names))
    assert events[0].event_name == "a"


@pytest.mark.parametrize(
    "properties",
    [
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        '{"a":null,"a":null}',
        '{"a":{"b":1,"b":2}}',
        '{"a":NaN}',
        '{"a":1e999}',
        '{"a":-0.0}',
        '{"a":1,}',
        '{"a":"\\u0000"}',
        '{"a":"\\ud800"}',
        '{"a":00}',
        "[]",
        '"{}"',
    ],
)
def test_rows_that_need_the_contract_do_not_take_the_lane(properties: str) -> None:
    plain = json.dumps(PLAIN)
    row = plain.replace(json.dumps(PLAIN["properties"]), properties)
    assert row != plain
    assert list(assert_same([plain, row], Contract(latest=LATEST))) == [0]


def test_one_key_for_the_id_never_hides_another() -> None:
    # The first is null, so the contract takes the second; the lane must not derive an id.
    row = json.dumps({**PLAIN, "event_id": None, "id": ID})
    contract = Contract(latest=LATEST)
    assert not passed([row], contract)
    accepted = contract.check(row)
    assert isinstance(accepted, Event)
    assert str(accepted.event_id) == ID
