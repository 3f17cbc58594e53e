"""What the report says of columns that nothing reads, and of users who look like nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingOf

import duckdb
import pytest

from loader.field_names import FieldNames
from loader.field_use import FieldUse, shown
from loader.mapping import Mapping
from loader.placeholders import PLACEHOLDERS
from tests.loader.raw_tables import RawTables, event
from tests.support.run import run_loader

PLAIN = "event_name,event_time,user_id,plan,price\nsignup,2024-03-01T08:30:00Z,u1,pro,19.90\n"


def rows_of(*users: str) -> str:
    return "".join(f"{event(user, properties={'n': n})}\n" for n, user in enumerate(users))


def unread(*rows: MappingOf[str, object], **mapping: str) -> list[str]:
    use = FieldUse(Mapping(FieldNames(mapping)))
    use.see_rows([(json.dumps(row), True) for row in rows])
    return use.unread()


def test_columns_of_csv_that_nothing_reads_are_named(raw: RawTables) -> None:
    raw.write("a.csv", PLAIN)
    result = raw.append("a.csv", "--json")
    assert "Left unread: plan, price; --map 'properties=*' keeps them." in result.stderr
    [file] = result.json()["files"]
    assert f"(loader withdraw {file['delivery_id'][:8]})" in result.stderr
    assert (file["unread"], file["unread_more"]) == (["plan", "price"], 0)


def test_a_file_can_be_taken_out_and_appended_with_its_other_columns(raw: RawTables) -> None:
    raw.write("a.csv", PLAIN)
    delivery = raw.append("a.csv", "--json").json()["files"][0]["delivery_id"]
    withdraw = ("withdraw", delivery[:8], "--raw-schema", raw.schema)
    run_loader(*withdraw, database=raw.database, check=True)
    raw.append("a.csv", "--map", "properties=*")
    assert [row.properties for row in raw.events()] == [{"plan": "pro", "price": "19.90"}]


def test_columns_of_parquet_that_nothing_reads_are_named(raw: RawTables) -> None:
    path = raw.directory / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'e' as event, '2024-03-01T08:30:00Z' as time, 'u' as user_id, "
            f"1 as plan, {{'a': 1}} as context) to '{path}' (format parquet)"
        )
    assert raw.append("a.parquet", "--json").json()["files"][0]["unread"] == ["plan", "context"]


def test_keys_of_rows_in_and_beside_the_lane_are_named(raw: RawTables) -> None:
    """`plan` is in all rows, which the lane knows; `context` in one of thousands."""
    rows = [event(f"u{n}", properties={"n": n}, plan="pro") for n in range(3000)]
    rows[2718] = event("odd", plan="pro", context={"device": {"type": "ios"}})
    raw.write("a.jsonl", "\n".join(rows))
    assert raw.append("a.jsonl", "--json").json()["files"][0]["unread"] == ["plan", "context"]


def test_a_rejected_row_loses_nothing(raw: RawTables) -> None:
    raw.write("a.jsonl", f'{event()}\n{{"event": "x", "foo": 1}}\n')
    assert raw.append("a.jsonl", "--json").json()["files"][0]["unread"] == []


def test_where_all_other_columns_are_properties_none_is_unread(raw: RawTables) -> None:
    raw.write("a.csv", PLAIN)
    result = raw.append("a.csv", "--map", "properties=*")
    assert "unread" not in result.stderr


def test_several_files_with_the_same_columns_share_a_line(raw: RawTables) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        raw.write(name, PLAIN)
    raw.write("d.csv", PLAIN.replace(",price", ",cost"))
    result = raw.append("a.csv", "b.csv", "c.csv", "d.csv")
    assert "Left unread in a.csv and 2 more: plan, price;" in result.stderr
    assert "Left unread in d.csv: plan, cost;" in result.stderr


def test_twenty_names_are_shown(raw: RawTables) -> None:
    columns = [f"c{n}" for n in range(25)]
    raw.write(
        "a.csv",
        f"event,time,user_id,{','.join(columns)}\ne,2024-03-01T08:30:00Z,u,{','.join(columns)}\n",
    )
    result = raw.append("a.csv", "--json")
    assert f"{', '.join(columns[:20])} and 5 more; --map" in result.stderr
    [file] = result.json()["files"]
    assert (file["unread"], file["unread_more"]) == (columns[:20], 5)


def test_a_second_name_of_a_field_is_unread_where_the_first_has_a_value() -> None:
    row = {"event": "e", "name": "n", "time": "t", "user_id": "u"}
    assert unread(row) == ["name"]
    assert unread(row, row | {"event": None}) == []
    assert unread(row | {"event": ""}) == []


def test_what_lies_beside_the_way_of_a_pointer_is_unread() -> None:
    row = {"event": "e", "time": "t", "user": {"id": 1, "plan": "pro", "a/b": {"c": 1}}}
    assert unread(row, user_id="/user/id") == ["/user/plan", "/user/a~1b"]
    assert unread(row | {"properties": {"u": 1, "x": 2}}, user_id="/properties/u") == ["user"]


def test_keys_without_end_are_bounded() -> None:
    use = FieldUse(Mapping())
    rows = [(json.dumps({f"{block}-{n}": n}), True) for block in range(20) for n in range(500)]
    for start in range(0, len(rows), 500):
        use.see_rows(rows[start : start + 500])
    assert 1000 <= len(use.unread()) < 2000
    assert shown(["x" * 100])[0] == ["x" * 80 + "…"]


def test_sources_of_fields() -> None:
    use = FieldUse(Mapping(FieldNames({"user_id": "/who/id"})))
    use.see_rows(
        [
            ('{"event": "e", "time": "t", "who": {"id": 1}, "id": "x"}', True),
            ('{"event_name": "e", "time": "t", "who": {"id": 1}}', False),
            ("no json", False),
        ]
    )
    assert use.sources() == {
        "event_id": ["id", "derived from the other four"],
        "event_name": ["event", "event_name"],
        "event_time": ["time"],
        "user_id": ["/who/id"],
        "properties": ["nothing"],
    }


def test_users_that_look_like_nobody_are_warned_of(raw: RawTables) -> None:
    users = ["NULL", "nan", " None ", "\\N", "0", "(not set)", "Undefined"]
    raw.write("a.jsonl", rows_of(*users, "ann", "nullable", "10"))
    result = raw.append("a.jsonl", "--json")
    assert result.json()["files"][0]["doubtful_users"] == dict.fromkeys(sorted(users), 1)
    assert "Warning: a.jsonl has users that look like words for nobody: " in result.stderr
    assert "'NULL' (1 of 10 events)" in result.stderr
    assert "leave user_id out of these rows" in result.stderr


def test_tables_can_say_what_is_null(raw: RawTables) -> None:
    raw.write("a.csv", "event,time,user_id\nlogin,2024-03-01T08:30:00Z,NULL\n")
    assert "If they are, --null 'NULL' rejects these rows." in raw.append("a.csv").stderr


@pytest.mark.parametrize(
    ("nobody", "others", "warned"),
    [(1, 99, True), (1, 100, False), (100, 20_000, True), (99, 20_000, False)],
)
def test_from_how_many_events_on(raw: RawTables, nobody: int, others: int, *, warned: bool) -> None:
    """One in a hundred, or a hundred in all."""
    raw.write("a.jsonl", rows_of(*["null"] * nobody, *[f"u{n}" for n in range(others)]))
    found = raw.append("a.jsonl", "--json").json()["files"][0]["doubtful_users"]
    assert found == ({"null": nobody} if warned else {})


def test_words_for_nobody_are_written_as_they_are_compared() -> None:
    assert [word for word in PLACEHOLDERS if word != word.strip().lower()] == []
    assert len(set(PLACEHOLDERS)) == len(PLACEHOLDERS)
