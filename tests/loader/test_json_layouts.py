"""JSON that is not one object on each line is read as the objects that it holds."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.readers.json_scan import Scanner
from tests.loader.reading import read_content

TIME = "2024-03-01T08:30:00Z"


def event(user: str, **more: Any) -> dict[str, Any]:
    return {"event_name": "seen", "event_time": TIME, "user_id": user, **more}


ROWS = [event(f"u{n}", properties={"n": [n, {"x": "}]"}], "s": 'a"b'}) for n in range(3)]
TEXTS = [json.dumps(row) for row in ROWS]
PRETTY = [json.dumps(row, indent=2) for row in ROWS]
USERS = ["u0", "u1", "u2"]

LAYOUTS = {
    "array": f"[{','.join(TEXTS)}]",
    "array of a row a line": "[\n" + ",\n".join(TEXTS) + "\n]\n",
    "array after white space": "\r\n\r\n[\n" + ",\n".join(TEXTS) + "\n]\n",
    "array after much white space": " \n" * 100_000 + "[\n" + ",\n".join(TEXTS) + "\n]\n",
    "array, pretty-printed": json.dumps(ROWS, indent=4),
    "array with a comma at its end": "[" + ",\n".join(TEXTS) + ",\n]\n",
    "array with a byte order mark": "\ufeff[" + ",\n".join(TEXTS) + "]",
    "an array on each line": "\n".join(f"[{text}]" for text in TEXTS),
    "pretty-printed": "\n".join(PRETTY),
    "pretty-printed with a byte order mark": "\ufeff" + "\r\n".join(PRETTY),
    "pretty-printed with commas": ",\n".join(PRETTY) + ",\n",
    "concatenated": "".join(TEXTS),
    "concatenated with blanks": " ".join(TEXTS),
    "concatenated, pretty-printed": "".join(PRETTY),
    "a comma after each line": "".join(f"{text},\n" for text in TEXTS),
    "a comma after each line but the last": ",\n".join(TEXTS),
    "a comma with blanks": "".join(f"{text} , \r\n" for text in TEXTS),
    "lines": "\n".join(TEXTS),
    "lines after blank ones": "\n\r\n \n" + "\n".join(TEXTS),
}


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("block_bytes", [8 << 20, 100])
def test_layouts(tmp_path: Path, content: str, block_bytes: int) -> None:
    for ending in ("json", "jsonl"):
        found = read_content(tmp_path, f"x.{ending}", content, block_bytes=block_bytes)
        assert (found.errors, found.rejected) == ([], [])
        assert found.rows == ROWS


WRAPPED = {
    "/results": {"results": ROWS},
    "/data/events": {"count": 3, "data": {"next": None, "events": ROWS}, "more": [[{}]]},
    "/0/results": [{"results": ROWS}, {"results": [event("no")]}],
    "/pages/*/rows": {"pages": [{"rows": ROWS[:1]}, {"rows": ROWS[1:]}]},
    "/rows": [{"rows": ROWS[:2]}, {"rows": ROWS[2:]}],
    "/a~1b/c~0d": {"a/b": {"c~d": ROWS}},
    "/hits/hits/_source": {"hits": {"hits": [{"_id": 1, "_source": row} for row in ROWS]}},
}


@pytest.mark.parametrize(("pointer", "document"), WRAPPED.items(), ids=WRAPPED)
@pytest.mark.parametrize("indent", [None, 2])
def test_rows_within_documents(
    tmp_path: Path, pointer: str, document: Any, indent: int | None
) -> None:
    content = json.dumps(document, indent=indent)
    for block_bytes in (8 << 20, 100):
        found = read_content(tmp_path, "x.json", content, records=pointer, block_bytes=block_bytes)
        assert (found.errors, found.rejected, found.notes) == ([], [], [])
        assert found.rows == ROWS


def test_rows_within_the_document_on_each_line(tmp_path: Path) -> None:
    lines = [{"batch": ROWS[:2]}, {"batch": []}, {"error": "x"}, {"batch": ROWS[2:]}]
    content = "\n".join(map(json.dumps, lines))
    found = read_content(tmp_path, "x.jsonl", content, records="/batch")
    assert found.users == USERS
    assert found.notes == [f"1 objects of {tmp_path}/x.jsonl have nothing at /batch"]


@pytest.mark.parametrize("content", ['{"results": []}', '{"results": null}', "[]", "", " \n"])
def test_no_rows(tmp_path: Path, content: str) -> None:
    records = "/results" if "results" in content else None
    found = read_content(tmp_path, "x.json", content, records=records)
    assert (found.texts, found.errors, found.notes) == ([], [], [])


def test_a_document_around_rows_is_refused_with_its_pointer(tmp_path: Path) -> None:
    for indent in (None, 2):
        content = json.dumps({"meta": {"n": 3}, "data": {"results": ROWS}}, indent=indent)
        found = read_content(tmp_path, "x.json", content)
        assert found.texts == []
        assert "an array of objects at /data/results (it has 3)" in found.errors[0]
        assert "--records /data/results" in found.errors[0]


def test_an_event_with_an_array_of_objects_is_an_event(tmp_path: Path) -> None:
    content = json.dumps(event("u", items=[{"a": 1}]))
    assert read_content(tmp_path, "x.json", content).users == ["u"]


def test_records_that_are_nowhere(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.json", json.dumps({"results": ROWS}), records="/rows")
    assert found.errors == [
        f"{tmp_path}/x.json has nothing at /rows. Name where its rows are: --records"
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"[{TEXTS[0]},\n{TEXTS[1][:-1]},\n{TEXTS[2]}]", 3),
        (f"[{TEXTS[0]}\n{TEXTS[1]}]", 2),
        (f"[{TEXTS[0]},\n{TEXTS[1]}", 2),
        (f"[{TEXTS[0]},\nfoo]", 2),
        (f"{PRETTY[0]}\n{PRETTY[1][:-1]}", PRETTY[0].count("\n") + 2),
        ('{\n  "event_name": "a",\n  "x": oops\n}\n' + PRETTY[0], 3),
        (f"{TEXTS[0]}{TEXTS[1]}\n]", 2),
    ],
)
def test_what_is_no_json_stops_the_source(tmp_path: Path, content: str, line: int) -> None:
    found = read_content(tmp_path, "x.json", content)
    assert found.texts == []
    assert found.errors[0].startswith(f"{tmp_path}/x.json, line {line}")


def test_a_broken_line_among_lines_stops_nothing(tmp_path: Path) -> None:
    content = f"{TEXTS[0]}\n{TEXTS[1][:-1]}\n{TEXTS[1]}{TEXTS[2]}\n{TEXTS[2]},\n{TEXTS[2]}\n"
    found = read_content(tmp_path, "x.jsonl", content)
    assert found.errors == []
    assert len(found.texts) == 5  # the contract judges each


def test_numbers_and_keys_are_handed_over_as_written(tmp_path: Path) -> None:
    row = '{"a":12345678901234567890123,"b":1.10,"c":1E+400,"d":-0,"e":1,"e":2,"f":"\\ud83d"}'
    found = read_content(tmp_path, "x.json", f"[{row},\n{row}]")
    assert found.texts == [row, row]


def test_rows_that_are_no_objects_are_handed_over(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.json", '[{"a":1},1,"x",[2],null,true,12.5]')
    assert found.rows == [{"a": 1}, 1, "x", [2], None, True, 12.5]


def test_rows_that_are_not_utf_8_are_rejected(tmp_path: Path) -> None:
    content = f"[{TEXTS[0]},".encode() + b'{"user_id":"m\xfc"},' + f"{TEXTS[1]}]".encode()
    found = read_content(tmp_path, "x.json", content)
    assert found.users == ["u0", "u1"]
    assert found.reasons == [(2, "invalid_utf8")]
    assert "--encoding" in found.rejected[0].detail


def test_a_row_nested_deep_does_not_stop_the_others(tmp_path: Path) -> None:
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    found = read_content(tmp_path, "x.json", f"[{TEXTS[0]},{deep},{TEXTS[1]}]")
    assert found.errors == []
    assert [len(text) for text in found.texts] == [len(TEXTS[0]), len(deep), len(TEXTS[1])]


def test_a_value_that_never_ends_is_not_held_whole(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.json", '[{"a":"' + "x" * 40_000_000)
    assert "x.json, line 1: a value of more than 16 MiB" in found.errors[0]


def test_what_stands_beside_the_rows_may_be_of_any_size(tmp_path: Path) -> None:
    other = json.dumps([{"text": "x" * 1000}] * 20_000)
    found = read_content(
        tmp_path,
        "x.json",
        f'{{"other":{other},"results":[{",".join(TEXTS)}],"last":{{"more":{other}}}}}',
        records="/results",
        block_bytes=1 << 16,
    )
    assert (found.errors, found.users) == ([], USERS)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), JSON, min_size=1), min_size=1, max_size=5)


class _Drops:
    """A stream that gives a few bytes at a time."""

    name = "drops"
    position = 0

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def read(self, _size: int = -1, /) -> bytes:
        chunk, self._data = self._data[: self._size], self._data[self._size :]
        return chunk


@settings(deadline=None)
@given(values=st.lists(JSON, max_size=5), size=st.integers(1, 7), indent=st.none() | st.just(1))
def test_values_are_found_wherever_the_stream_is_cut(
    values: list[Any], size: int, indent: int | None
) -> None:
    texts = [json.dumps(value, ensure_ascii=False, indent=indent) for value in values]
    scanner = Scanner(_Drops("\n".join(texts).encode(), size), chunk_bytes=1, max_chars=1 << 20)
    found = []
    while scanner.next():
        found.append(json.loads(scanner.value()))
    assert found == values


@settings(deadline=None)
@given(
    objects=OBJECTS,
    separator=st.sampled_from([",", ",\n", "\n", "", "\n\n", " , "]),
    indent=st.none() | st.just(2),
    array=st.booleans(),
)
def test_any_layout_holds_the_same_objects(
    objects: list[dict[str, Any]], separator: str, indent: int | None, *, array: bool
) -> None:
    if array and "," not in separator:
        separator = ","
    content = separator.join(json.dumps(value, indent=indent) for value in objects)
    with tempfile.TemporaryDirectory() as directory:
        found = read_content(
            Path(directory), "x.json", f"[{content}]" if array else content, maps={"user_id": "u"}
        )
    if not found.errors:  # one object that holds others may be a document around rows
        assert found.rows == objects
    else:
        assert len(objects) == 1
        assert "--records" in found.errors[0]
