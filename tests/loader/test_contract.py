"""The contract: what is accepted, in which form, and what is rejected, with which code."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader import strict_json
from loader.contract import ID_NAMESPACE, Contract, Event, Rejection
from loader.field_names import FieldNames
from loader.reasons import REASONS

LATEST = datetime(2026, 1, 2, tzinfo=UTC)
CONTRACT = Contract(latest=LATEST)
TABLE = Contract(latest=LATEST, text_properties=True)
ID = "6f1ed002-ab5b-4e8c-9d2f-0123456789ab"
PLAIN: dict[str, Any] = {
    "event_id": ID,
    "event_name": "page_viewed",
    "event_time": "2025-03-01T12:00:00Z",
    "user_id": "u1",
    "properties": {},
}


def row(**changes: Any) -> str:
    """A good row with changes; a value of ... leaves the key out."""
    merged = {**PLAIN, **changes}
    return json.dumps({key: value for key, value in merged.items() if value is not ...})


def accepted(text: str | bytes, contract: Contract = CONTRACT) -> Event:
    result = contract.check(text)
    assert isinstance(result, Event), result
    return result


def reason(text: str | bytes | dict[str, Any], contract: Contract = CONTRACT) -> str:
    result = contract.check(text)
    assert isinstance(result, Rejection), result
    assert result.reason in REASONS
    assert result.detail
    return result.reason


def test_a_plain_event() -> None:
    assert accepted(row()) == Event(
        uuid.UUID(ID), "page_viewed", datetime(2025, 3, 1, 12, tzinfo=UTC), "u1", "{}"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("{} {}", "not_json"),
        ("{'a': 1}", "not_json"),
        ('{"a": 1,}', "not_json"),
        ('{"a": 01}', "not_json"),
        ('{"a": nan}', "not_json"),
        ('{"a": NaN, "a": 1}', "duplicate_key"),
        ('{"a": "\t"}', "not_json"),
        ('{"a": "\x00"}', "not_json"),
        ('{"a": // no\n1}', "not_json"),
        ("\ufeff{}", "not_json"),
        ("null", "not_an_object"),
        ('"text"', "not_an_object"),
        ("[1, 2]", "not_an_object"),
        (b'{"a": "\xff"}', "invalid_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_utf8"),
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('{"a": {"b": [{"c": 1, "c": 2}]}}', "duplicate_key"),
        ('{"a": 1, "\\u0061": 2}', "duplicate_key"),
        ('{"a": 1e309}', "number_out_of_range"),
        ('{"a": -1e400}', "number_out_of_range"),
        ('{"a": 1e131071}', "number_out_of_range"),
        ('{"a": 1' + "0" * 309 + "}", "number_out_of_range"),
        ('{"a": 1' + "0" * 5000 + "}", "number_out_of_range"),
        ('{"a": "\\u0000"}', "null_character"),
        ('{"\\u0000": 1}', "null_character"),
        ('{"a": ["\\ud800"]}', "lone_surrogate"),
        ('{"a": "\\ude00\\ud83d"}', "lone_surrogate"),
        ('{"a": "\ud800"}', "lone_surrogate"),
        ('{"a": "\\ud800", "b": "\\u0000"}', "null_character"),
        ('{"a": 1e999, "a": }', "not_json"),
        ("[" * 1000 + "]" * 1000, "too_deep"),
        ("[" * 100_000, "too_deep"),
        ('{"a":' * 65 + "1" + "}" * 65, "too_deep"),
    ],
)
def test_text_that_is_no_event(text: str | bytes, code: str) -> None:
    assert reason(text) == code


def test_the_depth_limit_is_64_and_brackets_in_texts_do_not_count() -> None:
    deep = {**PLAIN, "properties": json.loads('{"a":' * 63 + "1" + "}" * 63)}
    assert accepted(json.dumps(deep))
    deep["properties"] = {"a": deep["properties"]}
    assert reason(json.dumps(deep)) == "too_deep"
    assert accepted(row(properties={"a": "[{" * 1000 + '\\"'}))


def test_an_open_text_full_of_escaped_quotes_takes_no_quadratic_time() -> None:
    assert reason("[" * 65 + '"' + '\\"' * 400_000) == "too_deep"
    assert reason('{"a": "[' + '[\\"' * 200_000) == "not_json"


def test_size_is_counted_in_bytes() -> None:
    contract = Contract(latest=LATEST, max_bytes=300)
    text = json.dumps({**PLAIN, "properties": {"a": "é" * 30}}, ensure_ascii=False)
    padded = text + " " * (300 - len(text.encode()))
    assert accepted(padded, contract)
    assert reason(padded + " ", contract) == "too_large"
    assert reason((padded + " ").encode(), contract) == "too_large"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event_name": ...}, "missing_event_name"),
        ({"event_name": None}, "missing_event_name"),
        ({"event_name": ""}, "missing_event_name"),
        ({"event_name": " \u00a0\u2003"}, "missing_event_name"),
        ({"event_name": 5}, "invalid_event_name"),
        ({"event_name": ["a"]}, "invalid_event_name"),
        ({"event_name": "x" * 256}, "event_name_too_long"),
        ({"user_id": ...}, "missing_user_id"),
        ({"user_id": None}, "missing_user_id"),
        ({"user_id": "\t"}, "missing_user_id"),
        ({"user_id": True}, "invalid_user_id"),
        ({"user_id": 1.5}, "invalid_user_id"),
        ({"user_id": 2.0**54}, "invalid_user_id"),
        ({"user_id": "18014398509481984.0"}, "invalid_user_id"),
        ({"user_id": {"id": 1}}, "invalid_user_id"),
        ({"user_id": "é" * 256}, "user_id_too_long"),
        ({"user_id": 10**255}, "user_id_too_long"),
        ({"event_time": ...}, "missing_event_time"),
        ({"event_time": ""}, "missing_event_time"),
        ({"properties": []}, "properties_not_an_object"),
        ({"properties": "[]"}, "properties_not_an_object"),
        ({"properties": "text"}, "not_json"),
        ({"properties": False}, "properties_not_an_object"),
        ({"event_id": " "}, "invalid_event_id"),
        ({"event_id": 5.5}, "invalid_event_id"),
        ({"event_id": True}, "invalid_event_id"),
        ({"event_id": ["x"]}, "invalid_event_id"),
    ],
)
def test_fields_that_are_missing_or_invalid(changes: dict[str, Any], code: str) -> None:
    assert reason(row(**changes)) == code


@pytest.mark.parametrize(
    "spelling",
    [
        ID,
        ID.upper(),
        ID.replace("-", ""),
        f"{{{ID}}}",
        f"{{{ID.replace('-', '').upper()}}}",
        f"urn:uuid:{ID}",
        f"URN:UUID:{ID.upper()}",
    ],
)
def test_every_spelling_of_a_uuid_is_the_same_id(spelling: str) -> None:
    assert accepted(row(event_id=spelling)).event_id == uuid.UUID(ID)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-03-01T12:30:15Z", "2025-03-01T12:30:15"),
        ("2025-03-01t12:30:15z", "2025-03-01T12:30:15"),
        ("2025-03-01 12:30Z", "2025-03-01T12:30:00"),
        ("2025-03-01T12:30:15.5Z", "2025-03-01T12:30:15.500000"),
        ("2025-03-01T12:30:15.1234569Z", "2025-03-01T12:30:15.123456"),
        ("2025-03-01T12:30:15.123456789012Z", "2025-03-01T12:30:15.123456"),
        ("2025-03-01T12:30:15+00", "2025-03-01T12:30:15"),
        ("2025-03-01T12:30:15-0800", "2025-03-01T20:30:15"),
        ("2025-03-01T12:30:15 +05:45", "2025-03-01T06:45:15"),
        ("2025-03-01T00:30:15+14:00", "2025-02-28T10:30:15"),
        ("2024-02-29T23:59:59.999999-00:00", "2024-02-29T23:59:59.999999"),
        ("2000-01-01T01:00:00+01:00", "2000-01-01T00:00:00"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00"),
    ],
)
def test_times_become_utc(text: str, utc: str) -> None:
    assert accepted(row(event_time=text)).event_time == datetime.fromisoformat(utc + "Z")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2025-03-01T12:00:00", "event_time_without_offset"),
        ("2025-03-01 12:00", "event_time_without_offset"),
        ("2025-03-01", "invalid_event_time"),
        ("now", "invalid_event_time"),
        ("tomorrow", "invalid_event_time"),
        ("infinity", "invalid_event_time"),
        ("01/02/2024", "invalid_event_time"),
        ("2025-03-01T24:00:00Z", "invalid_event_time"),
        ("2025-03-01T12:00:60Z", "invalid_event_time"),
        ("2025-02-29T12:00:00Z", "invalid_event_time"),
        ("2025-02-29T12:00:00", "invalid_event_time"),
        ("0000-01-01T00:00:00Z", "invalid_event_time"),
        ("0001-01-01T00:00:00+01:00", "invalid_event_time"),
        ("9999-12-31T23:59:59-01:00", "invalid_event_time"),
        ("2025-03-01T12:00:00+24:00", "invalid_event_time"),
        ("2025-03-01T12:00:00+01:60", "invalid_event_time"),
        ("٢٠٢٥-03-01T12:00:00Z", "invalid_event_time"),
        (" 2025-03-01T12:00:00Z", "invalid_event_time"),
        ("20250301T120000Z", "invalid_event_time"),
        (1740830400, "invalid_event_time"),
        (True, "invalid_event_time"),
        ("1999-12-31T23:59:59.999999Z", "event_time_too_early"),
        ("2000-01-01T00:00:00+00:01", "event_time_too_early"),
        ("0001-01-01T00:00:00Z", "event_time_too_early"),
        ("2026-01-02T00:00:00.000001Z", "event_time_in_future"),
        ("9999-12-31T23:59:59Z", "event_time_in_future"),
    ],
)
def test_times_that_are_no_times(value: object, code: str) -> None:
    assert reason(row(event_time=value)) == code


@pytest.mark.parametrize(
    ("token", "canonical"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-12", "-12"),
        ("9223372036854775808", "9223372036854775808"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-1" + "0" * 308, "-1" + "0" * 308),
        ("1.0", "1.0"),
        ("1.10", "1.1"),
        ("1e2", "100.0"),
        ("1E+2", "100.0"),
        ("1e-7", "0.0000001"),
        ("-0.0", "0.0"),
        ("-0e5", "0.0"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.10000000000000000001", "0.1"),
        ("1e16", "10000000000000000.0"),
        ("1234567890123456789.0", "1234567890123456800.0"),
        ("1e20", "100000000000000000000.0"),
        ("1e21", "1000000000000000000000"),
        ("5e-324", "0." + "0" * 323 + "5"),
        ("1e-400", "0.0"),
    ],
)
def test_numbers_in_canonical_form(token: str, canonical: str) -> None:
    text = row(properties={"a": "TOKEN"}).replace('"TOKEN"', token)
    assert accepted(text).properties == f'{{"a":{canonical}}}'


def test_texts_in_canonical_form() -> None:
    text = row(properties={"k": "TOKEN"}).replace("TOKEN", r"\u00e9\/\ud83d\ude00\u001f\n\"")
    assert accepted(text).properties == '{"k":"é/😀\\u001f\\n\\""}'


def test_values_are_kept_as_sent() -> None:
    event = accepted(row(event_name=" a'; drop table events; -- ", user_id=" ü\n"))
    assert (event.event_name, event.user_id) == (" a'; drop table events; -- ", " ü\n")
    assert accepted(row(user_id=-12345678901234567890)).user_id == "-12345678901234567890"
    assert accepted(row(event_name="é" * 255, user_id="x" * 255))


def test_the_first_name_with_a_value_wins() -> None:
    text = json.dumps(
        {
            "event_id": None,
            "uuid": "",
            "messageId": ID,
            "event": "",
            "name": "by name",
            "time": "2025-01-01T00:00:00Z",
            "timestamp": "2025-02-01T00:00:00Z",
            "distinct_id": "d",
            "userId": 7,
        }
    )
    event = accepted(text)
    assert str(event.event_id) == ID
    assert (event.event_name, event.event_time.month, event.user_id) == ("by name", 2, "7")
    assert event.properties == "{}"


def test_mapped_fields() -> None:
    names = FieldNames(
        {
            "event_time": "createdAt",
            "user_id": "/properties/ids/0",
            "event_id": "",
            "event_name": "/a~1b",
        }
    )
    contract = Contract(latest=LATEST, names=names)
    given = {
        "event_id": "ignored, since ids are derived",
        "createdAt": "2025-01-01T00:00:00Z",
        "event_time": "not looked at",
        "properties": {"ids": ["u9"]},
        "a/b": "bought",
    }
    event = accepted(json.dumps(given), contract)
    assert (event.event_name, event.user_id) == ("bought", "u9")
    assert event.event_id.version == 5
    del given["createdAt"]
    assert reason(given, contract) == "missing_event_time"


def test_all_other_keys_as_properties() -> None:
    names = FieldNames({"properties": "*"})
    text = row(id="x", plan="pro", seats=None, note="", name="spare")
    event = accepted(text, Contract(latest=LATEST, names=names))
    assert json.loads(event.properties) == {
        "properties": {},
        "id": "x",
        "plan": "pro",
        "seats": None,
        "note": "",
        "name": "spare",
    }
    # In a table an empty field is a missing one.
    event = accepted(text, Contract(latest=LATEST, names=names, text_properties=True))
    assert set(json.loads(event.properties)) == {"properties", "id", "plan", "name"}


@pytest.mark.parametrize("mapping", [{"eventtime": "x"}, {"event_name": ""}, {"user_id": ""}])
def test_mappings_that_make_no_sense(mapping: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no field|required"):
        FieldNames(mapping)


def test_properties_of_a_table_are_json_text() -> None:
    assert accepted(row(properties='{"a": 1.50}'), TABLE).properties == '{"a":1.5}'
    assert accepted(row(properties=""), TABLE).properties == "{}"
    assert accepted(row(properties="null"), TABLE).properties == "{}"
    assert accepted(row(properties={"a": 1}), TABLE).properties == '{"a":1}'
    assert reason(row(properties="[1]"), TABLE) == "properties_not_an_object"
    assert reason(row(properties="{a}"), TABLE) == "not_json"
    assert reason(row(properties='{"a":1,"a":1}'), TABLE) == "duplicate_key"
    assert reason(row(properties='{"a":"\\u0000"}'), TABLE) == "null_character"
    assert accepted(row(properties='{"a":' * 63 + "1" + "}" * 63), TABLE)
    assert reason(row(properties='{"a":' * 64 + "1" + "}" * 64), TABLE) == "too_deep"


def test_a_derived_id_depends_on_content_alone() -> None:
    changes: dict[str, Any] = {"event_id": ..., "properties": {"b": {"y": 1, "x": 2.0}, "a": "é"}}
    derived = accepted(row(**changes)).event_id
    name = '["page_viewed","2025-03-01T12:00:00.000000Z","u1",{"a":"é","b":{"x":2.0,"y":1}}]'
    assert derived == uuid.uuid5(ID_NAMESPACE, name)

    changes["properties"] = {"a": "é", "b": {"x": 2.0, "y": 1}}
    assert accepted(row(**changes, event_time="2025-03-01 13:00+01")).event_id == derived
    assert accepted(row(**changes | {"event_id": ""})).event_id == derived
    for other in ({"user_id": "u2"}, {"event_name": "b"}, {"event_time": "2025-03-01T12:00:01Z"}):
        assert accepted(row(**changes | other)).event_id != derived
    changes["properties"]["a"] = "e"
    assert accepted(row(**changes)).event_id != derived


def test_a_mapping_is_judged_like_its_json() -> None:
    moment = datetime(2025, 3, 1, 12, tzinfo=UTC)
    given = {**PLAIN, "event_id": uuid.UUID(ID), "event_time": moment}
    assert CONTRACT.check(given) == accepted(row())
    lossy = CONTRACT.check({**PLAIN, "properties": {"a": float("nan")}})
    assert isinstance(lossy, Event)
    assert (lossy.properties, lossy.not_finite) == ('{"a":null}', 1)
    assert reason({**PLAIN, "properties": {"a": {1, 2}}}) == "not_json"
    assert reason({**PLAIN, "properties": {"a": "\ud800"}}) == "lone_surrogate"
    assert reason({**PLAIN, "event_time": datetime(2025, 3, 1)}) == "event_time_without_offset"  # noqa: DTZ001
    endless: dict[str, Any] = {}
    endless["a"] = endless
    assert reason(endless) == "not_json"


# Naive, as st.datetimes wants its bounds.
MOMENTS = (datetime.fromisoformat("2000-01-02"), datetime.fromisoformat("2026-01-01"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | DOUBLES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_the_canonical_form_is_its_own_canonical_form(value: Any) -> None:
    text = strict_json.canonical(value)
    assert strict_json.canonical(strict_json.parse(text, max_depth=64)) == text


@given(JSON)
def test_the_canonical_form_keeps_the_value(value: Any) -> None:
    def as_doubles(item: Any) -> Any:  # from 1e21 on, doubles are written as whole numbers
        return float(item) if isinstance(item, int) and abs(item) >= 1e21 else item

    text = strict_json.canonical(value)
    again = json.loads(text, parse_int=lambda digits: as_doubles(int(digits)))
    assert again == json.loads(json.dumps(value), parse_int=lambda digits: as_doubles(int(digits)))


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_no_input_raises(given_text: str | bytes) -> None:
    assert isinstance(CONTRACT.check(given_text), Rejection)


@given(st.datetimes(*MOMENTS), st.integers(-14 * 60, 14 * 60))
def test_a_time_means_the_same_in_every_zone(moment: datetime, minutes: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    hours, rest = divmod(abs(minutes), 60)
    local = (moment + timedelta(minutes=minutes)).isoformat()
    text = f"{local}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    assert accepted(row(event_time=text)).event_time == utc


@given(JSON)
def test_an_accepted_event_is_accepted_again_as_the_same(value: Any) -> None:
    result = CONTRACT.check({**PLAIN, "event_id": None, "properties": {"value": value}})
    if isinstance(result, Event):
        assert accepted(result.as_json()) == result
    else:
        assert result.reason in {"too_deep", "number_out_of_range"}
