"""Mappings: what options and files say, what they take from a row, and how they fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loader.append import AppendOptions, append_files
from loader.contract import Contract, Event, Rejection
from loader.ids import message_uuid
from loader.mapping import Mapping as RowMapping
from loader.mapping import MappingError, mapping_from_options
from loader.mapping.layout import read_layout
from loader.readers import expand
from loader.targets import load_target
from loader.translated import Judge
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables
from tests.support.run import run_loader

LATEST = datetime(2026, 1, 1, tzinfo=UTC)
TIME = "2024-03-01T08:30:00Z"
PLAIN: dict[str, Any] = {"event_name": "a", "event_time": TIME, "user_id": "u1"}


def translated(mapping: RowMapping, row: Mapping[str, Any], *, table: bool = False) -> Any:
    """The event that a mapping makes of a row, or its rejection."""
    text = json.dumps(row)
    if mapping.translation is None:
        names = mapping.names
        return Contract(latest=LATEST, names=names, text_properties=table).check(text)
    contract = Contract(latest=LATEST, text_properties=table)
    (found,) = Judge(contract, mapping).results(text, Counter())
    return found


def of_file(text: str) -> RowMapping:
    """The mapping of a file with this text."""
    return read_layout(text, "app.yml").mapping("--mapping app.yml", "file")


def test_of_several_keys_the_first_with_a_value_counts() -> None:
    mapping = mapping_from_options(maps=["user_id=user_id,device_id"])
    assert mapping.translation is None  # so it takes the fast lane
    assert translated(mapping, PLAIN).user_id == "u1"
    assert translated(mapping, {**PLAIN, "user_id": None, "device_id": "d"}).user_id == "d"
    assert translated(mapping, {**PLAIN, "user_id": "", "device_id": 7}).user_id == "7"
    assert translated(mapping, {**PLAIN, "user_id": ""}).reason == "missing_user_id"


def test_a_constant_stands_for_what_no_row_says() -> None:
    mapping = mapping_from_options(maps=["event_name='page ''view'', all'"])
    assert translated(mapping, {**PLAIN, "event_name": "x"}).event_name == "page 'view', all"
    mapping = mapping_from_options(maps=["event_name=kind,'other'"])
    assert translated(mapping, {**PLAIN, "kind": "click"}).event_name == "click"
    assert translated(mapping, PLAIN).event_name == "other"
    assert mapping.missing(["event_time", "user_id"]) == []


def test_names_may_hold_blanks_commas_and_slashes() -> None:
    mapping = mapping_from_options(maps=["user_id=User ID", 'event_name="a, b","/c"'])
    row = {"event_time": TIME, "User ID": "u", "/c": "x"}
    assert (translated(mapping, row).user_id, translated(mapping, row).event_name) == ("u", "x")
    assert translated(mapping, {**row, "a, b": "y"}).event_name == "y"


def test_pointers_lead_into_texts_that_hold_json() -> None:
    mapping = mapping_from_options(maps=["user_id=/properties/user/0/id"])
    text = json.dumps({"user": json.dumps([{"id": "u9"}])})
    row = {"event_name": "a", "event_time": TIME, "properties": text}
    for given in (text, json.loads(text)):
        assert translated(mapping, {**row, "properties": given}, table=True).user_id == "u9"
    for broken in ("{", "plain", '{"user":{"user":1,"user":2}}', ""):
        found = translated(mapping, {**row, "properties": broken}, table=True)
        assert found.reason in ("missing_user_id", "not_json")


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (["user_id"], "write FIELD=COLUMN"),
        (["user=x"], "'user' is no field"),
        (["user_id="], "required"),
        (["user_id=a", "user_id=b"], "twice"),
        (["user_id=a,"], "comma"),
        (["user_id='a"], "no column"),
        (["properties='a'"], "no text is"),
    ],
)
def test_faulty_options(maps: list[str], message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping_from_options(maps=maps)


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "app.yml"
    file.write_text("fields: {user_id: who}\n")
    with pytest.raises(MappingError, match="--from and --mapping"):
        mapping_from_options(file=file, from_preset="ga4")
    with pytest.raises(MappingError, match="--map does not go with segment"):
        mapping_from_options(maps=["user_id=x"], from_preset="segment")
    with pytest.raises(MappingError, match="no format of times"):
        mapping_from_options(time_formats=["ms"])
    with pytest.raises(MappingError, match="--source"):
        mapping_from_options(source=" ")


def test_options_change_single_fields_of_a_preset_or_file(tmp_path: Path) -> None:
    mapping = mapping_from_options(from_preset="github", maps=["user_id=/actor/id"])
    row = {"type": "a", "created_at": TIME, "actor": {"login": "o", "id": 5}, "payload": {"k": 1}}
    event = translated(mapping, row)
    assert (event.user_id, event.properties) == ("5", '{"k":1}')
    file = tmp_path / "app.yml"
    file.write_text("time: {format: epoch-s}\nfields: {user_id: who}\n")
    mapping = mapping_from_options(file=file, time_formats=["epoch-ms"], maps=["properties=*"])
    event = translated(mapping, {"event": "a", "time": 1709281800123, "who": "w", "x": 1})
    assert (event.user_id, event.properties) == ("w", '{"x":1}')
    assert event.event_time.microsecond == 123000


FILE = """
fields:
  event_id: {all: [shop, order]}
  event_name:
    - from: status
      when: {/kind: order}
    - "'other'"
  event_time: at
  user_id: [customer, device id]
  properties:
    - from: data
      without: [secret]
    - from: context
      prefix: ctx_
    - key_values: params
      prefix: p.
    - keys: [shop, /nested/deep]
    - rest: "*"
      prefix: $
      without: [noise]
time:
  zone: Europe/Berlin
"""


def test_a_file_can_say_everything() -> None:
    mapping = of_file(FILE)
    row = {
        "shop": "s",
        "order": 5,
        "kind": "order",
        "status": "paid",
        "at": "2024-03-01 09:30:00",
        "device id": "d",
        "data": {"a": 1, "secret": 2, "ctx_b": "first"},
        "context": '{"b": 2, "c": [3]}',
        "params": [{"key": "x", "value": {"string_value": None, "int_value": "7"}}],
        "nested": {"deep": True},
        "noise": "n",
        "more": "m",
        "empty": "",
    }
    event = translated(mapping, row)
    assert event.event_id == message_uuid("file", '["s","5"]')
    assert (event.event_name, event.user_id) == ("paid", "d")
    assert event.event_time == datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
    assert json.loads(event.properties) == {
        "a": 1,
        "ctx_b": "first",
        "ctx_c": [3],
        "p.x": 7,
        "shop": "s",
        "deep": True,
        "$order": 5,
        "$kind": "order",
        "$more": "m",
        "$empty": "",
    }
    assert translated(mapping, {**row, "kind": "return"}).event_name == "other"
    assert "$empty" not in json.loads(translated(mapping, row, table=True).properties)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fields: [", "app.yml, line 1: this is no YAML"),
        ("- a", "app.yml: a mapping's file has keys"),
        ("feilds: {}", "app.yml: feilds: there is no such key. Is it fields?"),
        ("fields: {user: a}", "app.yml: fields: user: there is no such key. Is it user_id?"),
        ("fields: {user_id: null}", "app.yml: fields: user_id: it is required"),
        ("fields: {user_id: 5}", "app.yml: fields: user_id: write a key, a /pointer"),
        ("fields: {user_id: {from: a, wenn: b}}", "app.yml: fields: user_id: wenn"),
        ("fields: {properties: [{from: a, keys: b}]}", "fields: properties: 1: write exactly one"),
        ("fields: {properties: {keys: a, without: b}}", "without: it goes with from and rest"),
        ("fields: {properties: {zip: [a]}}", "zip takes two keys"),
        ("time: {zone: Berlin}", "app.yml: time: 'Berlin' is no time zone"),
        ("time: {format: unix}", "app.yml: time: 'unix' is no format"),
        ("time: {formats: iso}", "app.yml: time: formats: there is no such key. Is it format?"),
        ("protocol: mqtt", "app.yml: protocol: 'mqtt' is none of"),
        ("{protocol: segment, fields: {user_id: a}}", "app.yml: fields: a protocol says itself"),
        ("{source: ' '}", "app.yml: source: write a name"),
        ("rows: 5", "app.yml: rows: name the key"),
    ],
)
def test_errors_name_the_file_the_key_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(MappingError) as error:
        read_layout(text, "app.yml")
    assert message in str(error.value)


def test_what_nothing_reads_is_told() -> None:
    keys = ["event_name", "id", "plan", "price", "time"]
    assert RowMapping().unread(keys) == ["plan", "price"]
    assert mapping_from_options(maps=["event_id=/plan/x"]).unread(keys) == ["id", "price"]
    assert mapping_from_options(maps=["properties=*"]).unread(keys) == []
    assert mapping_from_options(from_preset="github").unread([*keys, "payload"]) == [
        "event_name",
        "plan",
        "price",
        "time",
    ]
    assert mapping_from_options(from_preset="segment").unread(["type", "writeKey"]) == ["writeKey"]
    assert mapping_from_options(from_preset="matomo").unread(["idVisit", "actionDetails", "x"]) == [
        "x"
    ]
    assert of_file(FILE).unread(keys) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12345.0", "12345"),
        (12345.0, "12345"),
        ("-5.00", "-5"),
        ("0.0", "0"),
        (-0.0, "0"),
        ("9007199254740992.0", "9007199254740992"),
        ("007.0", "007.0"),
        ("1.50", "1.50"),
        ("1.0.0", "1.0.0"),
        ("v1.0", "v1.0"),
        ("12345.", "12345."),
        (12345, "12345"),
    ],
)
@pytest.mark.parametrize("table", [False, True], ids=["json_lines", "table"])
def test_a_whole_number_is_the_same_user_however_it_is_written(
    value: Any, expected: str, table: bool
) -> None:
    contract = Contract(latest=LATEST, text_properties=table)
    event = contract.check(json.dumps({**PLAIN, "user_id": value}))
    assert isinstance(event, Event)
    assert event.user_id == expected


def test_ids_of_any_kind_are_kept_apart() -> None:
    contract = Contract(latest=LATEST, source="shop")

    def id_of(value: Any) -> Any:
        result = contract.check(json.dumps({**PLAIN, "event_id": value}))
        assert isinstance(result, Event)
        return result.event_id

    assert id_of("A-1") == message_uuid("shop", "A-1")
    assert id_of(28281984012) == id_of("28281984012") == id_of(28281984012.0)
    different = ["A-1", "a-1", "A-1 ", "A-2", 1, 10, "é", "0001"]
    assert len({id_of(value) for value in different}) == len(different)
    other = Contract(latest=LATEST).check(json.dumps({**PLAIN, "event_id": "A-1"}))
    assert isinstance(other, Event)
    assert other.event_id != id_of("A-1")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_become_null_and_are_counted(number: str) -> None:
    text = json.dumps(PLAIN)[:-1] + f', "properties": {{"a": {number}, "b": [{number}], "c": 1}}}}'
    event = Contract(latest=LATEST).check(text)
    assert isinstance(event, Event)
    assert (event.properties, event.not_finite) == ('{"a":null,"b":[null],"c":1}', 2)
    inner = json.dumps({**PLAIN, "properties": f'{{"a": {number}}}'})
    event = Contract(latest=LATEST).check(inner)
    assert isinstance(event, Event)
    assert (event.properties, event.not_finite) == ('{"a":null}', 1)
    nobody = Contract(latest=LATEST).check(json.dumps(PLAIN).replace('"u1"', number))
    assert isinstance(nobody, Rejection)
    assert nobody.reason == "missing_user_id"


HEADER = "event_id,event_name,event_time,user_id,event_properties\n"
ROW = f'550e8400-e29b-41d4-a716-446655440000,signup,{TIME},u1,"{{""plan"":""pro""}}"\n'


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("properties=event_propertys", "properties"),
        ("event_id=evnt_id", "event_id"),
        ("properties=/event_propertys/x", "properties"),
        ("user_id=usr,usr2", "user_id"),
    ],
)
def test_a_column_that_a_table_lacks_stops_it(raw: RawTables, option: str, field: str) -> None:
    raw.write("t.csv", HEADER + ROW)
    result = raw.append("t.csv", "--map", option, exit_code=1)
    assert f"t.csv has no column for {field}" in result.stderr
    assert raw.events() == []


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("properties=/dta", "properties"),
        ("properties=dta", "properties"),
        ("event_id=/data/i", "event_id"),
        ("user_id=/data/user", "user_id"),
        ("event_name=nme", "event_name"),
    ],
)
def test_a_key_that_no_row_has_stops_json_lines(raw: RawTables, option: str, field: str) -> None:
    row = {"id": "x", "event": "signup", "time": TIME, "user_id": "u1", "data": {"plan": "pro"}}
    raw.write("a.jsonl", f"{json.dumps(row)}\nnot json\n[]\n")
    result = raw.append("a.jsonl", "--map", option, exit_code=1)
    assert f"no row has what --map names for {field}" in result.stderr
    assert "Its keys are id, event, time, user_id, data" in result.stderr
    assert raw.events() == []
    assert raw.rejected() == []


def test_a_key_that_only_a_later_row_has_does_not_stop(raw: RawTables) -> None:
    row = {"event": "signup", "time": TIME, "user_id": "u1"}
    late = {**row, "user_id": "u2", "data": {"props": None}}
    raw.write("a.jsonl", f"{json.dumps(row)}\n{json.dumps(late)}\n")
    raw.append("a.jsonl", "--map", "properties=/data/props")
    assert raw.users() == ["u1", "u2"]


def test_pointers_into_a_column_of_json_text(raw: RawTables) -> None:
    raw.write("t.csv", f'event_name,event_time,properties\na,{TIME},"{{""user_id"":""u1""}}"\n')
    raw.append("t.csv", "--map", "user_id=/properties/user_id")
    assert raw.users() == ["u1"]


def test_events_with_ids_of_their_own_are_not_merged(raw: RawTables) -> None:
    row = {"type": "paid", "subject": "u1", "time": TIME, "data": {"items": 1}}
    raw.write("a.jsonl", "".join(json.dumps({**row, "id": f"A-{n}"}) + "\n" for n in (1, 2)))
    raw.write("b.jsonl", json.dumps({**row, "id": "A-2"}) + "\n")
    maps = ("--map", "event_name=type", "--map", "user_id=subject", "--map", "properties=data")
    first = raw.append("a.jsonl", *maps)
    again = raw.append("b.jsonl", *maps)
    other = raw.append("b.jsonl", *maps, "--source", "shop")
    assert "appended 2," in first.stderr
    assert "appended 0, duplicate 1" in again.stderr
    assert "appended 1," in other.stderr


def test_rejected_rows_of_a_table_go_back_in_as_json_lines(raw: RawTables) -> None:
    header = "event_id,event_name,event_time,user_id,properties\n"
    uuid = "550e8400-e29b-41d4-a716-446655440000"
    rows = f'{uuid},signup,2024-03-01 08:30:00,12345.0,"{{""plan"":""pro""}}"\n'
    rows += ",plain,2024-03-01 08:30:00,u2,\n"
    raw.write("table.csv", header + rows)
    raw.append("table.csv", exit_code=1)
    texts = [row.text for row in raw.rejected()]
    raw.write("r.jsonl", "".join(t.replace("08:30:00", "08:30:00Z") + "\n" for t in texts))
    raw.append("r.jsonl")
    assert [(e.user_id, e.properties) for e in raw.events()] == [
        ("12345", {"plan": "pro"}),
        ("u2", {}),
    ]


def test_doubles_of_parquet_are_the_users_of_csv(raw: RawTables) -> None:
    raw.write("t.csv", f"event_name,event_time,user_id\nlogin,{TIME},12345.0\n")
    parquet(raw, f"select 'login' as event_name, '{TIME}' as event_time, 12345.0::double user_id")
    raw.append("t.csv")
    again = raw.append("t.parquet")
    assert "appended 0, duplicate 1" in again.stderr
    assert raw.users() == ["12345"]


def test_times_without_zone_in_parquet_need_one(raw: RawTables) -> None:
    parquet(
        raw, "select 'a' as event_name, timestamp '2024-03-01 09:30:00.5' as event_time, 1 user_id"
    )
    raw.append("t.parquet", exit_code=1)
    assert raw.reasons() == [(1, "event_time_without_offset")]
    raw.append("t.parquet", "--time-zone", "Europe/Berlin")
    assert raw.events()[0].event_time == "2024-03-01T08:30:00.500000+00:00"


def test_not_a_number_in_parquet_is_null_and_reported(raw: RawTables) -> None:
    parquet(
        raw,
        f"select 'a' as event_name, '{TIME}' as event_time, 'u' user_id, 'nan'::double price, "
        "'-infinity'::float as low, {'x': 'inf'::double} as nested",
    )
    result = raw.append("t.parquet", "--map", "properties=*")
    # In a table an empty value is no property.
    assert raw.events()[0].properties == {"nested": {"x": None}}
    assert "3 numbers that were NaN or infinite are null" in result.stderr


def test_changes_of_clocks_are_reported(raw: RawTables) -> None:
    rows = "".join(
        f"a,{time},u\n"
        for time in ("2024-10-27 02:30:00", "2024-03-31 02:30:00", "2024-03-01 1:00")
    )
    raw.write("t.csv", f"event_name,event_time,user_id\n{rows}")
    result = raw.append("t.csv", "--time-zone", "Europe/Berlin", "--json")
    assert "1 local times came twice" in result.stderr
    assert "1 local times do not exist" in result.stderr
    assert result.json()["decided"] == {"ambiguous_time": 1, "skipped_time": 1}


def test_odd_texts_go_through_a_translation_unharmed(raw: RawTables) -> None:
    rows = [
        {"n": "line\nbreak", "t": TIME, "u": "tab\tand\r", "p": {"k": "a\nb\u2028\x7f"}},
        {"n": "漢字 😀", "t": TIME, "u": "\\N", "p": {}},
        {"n": "x", "t": TIME, "u": "'; drop", "p": {"n": 1e-7, "big": 10**30}},
    ]
    raw.write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    maps = ("event_name=n,'x'", "event_time=t", "user_id=u", "properties=p")
    raw.append("a.jsonl", *(part for text in maps for part in ("--map", text)))
    found = {(event.event_name, event.user_id) for event in raw.events()}
    assert found == {(row["n"], row["u"]) for row in rows}


def test_long_files_are_translated_in_processes_and_keep_their_order(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = make_database("duckdb")
    for name, value in database.env().items():
        monkeypatch.setenv(name, value)
    run_loader("init", database=database, check=True)
    rows = [
        {"n": f"event {number}", "t": "soon" if number % 1000 == 999 else 1709281800 + number}
        for number in range(5000)
    ]
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    # A list of places with a constant in it and the rest are not for the lane.
    mapping = mapping_from_options(
        maps=["event_name=n", "event_time=t", "user_id='u'", "properties=*"],
        time_formats=["epoch-s"],
    )
    options = AppendOptions(mapping=mapping, block_bytes=50_000)
    target = load_target("duckdb", database.directory, "raw")
    report = append_files(target, expand([str(file)], None), options)
    assert (report.read, report.appended) == (5000, 4995)
    raw = RawTables(database, "raw", tmp_path)
    assert [row.line for row in raw.rejected()] == [1000, 2000, 3000, 4000, 5000]
    assert len({event.event_name for event in raw.events()}) == 4995


def parquet(raw: RawTables, select: str) -> None:
    """Write t.parquet."""
    duckdb.connect().execute(f"copy ({select}) to '{raw.directory / 't.parquet'}' (format parquet)")
