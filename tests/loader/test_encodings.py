"""Texts in other encodings: a byte order mark tells, or an option; nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loader.readers import ReadOptions
from tests.loader.reading import read_content

TIME = "2024-03-01T08:30:00Z"
CSV = f"event_name,event_time,user_id\nseen,{TIME},u1\nseen,{TIME},müller\n"
JSON = "".join(
    json.dumps({"event_name": "seen", "event_time": TIME, "user_id": user}, ensure_ascii=False)
    + "\n"
    for user in ("u1", "müller")
)
FILES = {"x.csv": CSV, "x.jsonl": JSON, "x.json": "[" + ",\n".join(JSON.splitlines()) + "]"}


@pytest.mark.parametrize(("name", "text"), FILES.items())
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_a_byte_order_mark_tells(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    content = (mark + text).encode(encoding)
    for options in ({}, {"encoding": "latin-1"}):
        found = read_content(tmp_path, name, content, **options)
        assert (found.errors, found.rejected, found.users) == ([], [], ["u1", "müller"])


@pytest.mark.parametrize(("name", "text"), FILES.items())
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "utf-16-be", "UTF8"])
def test_an_encoding_that_is_named(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    found = read_content(tmp_path, name, text.encode(encoding), encoding=encoding)
    assert (found.errors, found.rejected, found.users) == ([], [], ["u1", "müller"])


@pytest.mark.parametrize(("name", "text"), FILES.items())
def test_without_the_option_rows_in_another_encoding_are_rejected_with_advice(
    tmp_path: Path, name: str, text: str
) -> None:
    found = read_content(tmp_path, name, text.encode("latin-1"))
    assert (found.errors, found.users) == ([], ["u1"])
    [rejected] = found.rejected
    assert rejected.reason == "invalid_utf8"
    assert "--encoding latin-1" in rejected.detail


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_and_not_guessed(tmp_path: Path, encoding: str) -> None:
    found = read_content(tmp_path, "x.csv", CSV.encode(encoding))
    assert found.texts == []
    assert f"--encoding {encoding}" in found.errors[0]
    assert "\x00" not in found.errors[0]


def test_what_an_encoding_does_not_know_is_rejected(tmp_path: Path) -> None:
    content = CSV.encode("cp1252").replace(b"u1", b"u\x81")
    found = read_content(tmp_path, "x.csv", content, encoding="cp1252")
    assert found.users == ["müller"]
    assert found.reasons == [(2, "invalid_utf8")]


def test_utf_16_that_is_cut_off_stops_the_source(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.csv", CSV.encode("utf-16")[:-1])
    assert "x.csv is not utf-16" in found.errors[0]


def test_column_names_in_another_encoding_are_shown_as_escapes(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.csv", "größe,b\n1,2\n".encode("latin-1"))
    assert "Its columns are gr\\udcf6\\udcdfe, b" in found.errors[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
        ({"encoding": "base64"}, "there is no encoding 'base64'"),
        ({"delimiter": ";;"}, "delimiter ';;' is not one character"),
        ({"delimiter": ",", "quote": ","}, "must be different"),
        ({"records": "results"}, "is no JSON pointer"),
        ({"header": ("a", "")}, "names an empty column"),
        ({"format": "xml"}, "'xml' is no format"),
    ],
)
def test_options_that_no_reader_understands(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReadOptions(**options)  # type: ignore[arg-type]


def test_defaults_give_way_to_what_is_said() -> None:
    said = ReadOptions(delimiter=";")
    taken = said.with_defaults({"delimiter": "|", "records": "/rows", "header": ["a", "b"]})
    assert (taken.delimiter, taken.records, taken.header) == (";", "/rows", ("a", "b"))
    with pytest.raises(ValueError, match="'colour' is no option"):
        said.with_defaults({"colour": 1})
