"""CSV: what is not RFC 4180 is told apart, and never read as rows that nobody wrote."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loader.reading import Read, read_content

HEADER = "event_name,event_time,user_id,note"
TIME = "2024-03-01T08:30:00Z"


def notes_of(found: Read) -> list[tuple[str | None, str | None]]:
    return [(row["user_id"], row["note"]) for row in found.rows]


def test_a_backslash_before_a_quote_never_swallows_rows(tmp_path: Path) -> None:
    content = "\n".join(
        [
            HEADER,
            f'signup,{TIME},u1,"size 5\\""',
            *[f"login,{TIME},u3{n}," for n in range(5)],
            f'login,{TIME},u9,"y"',
            "",
        ]
    )
    found = read_content(tmp_path, "x.csv", content)
    assert found.texts == []
    [error] = found.errors
    assert "x.csv, line 2: a quoted field is followed by text in line 8" in error
    assert "--escape backslash" in error

    named = read_content(tmp_path, "x.csv", content, escape="backslash")
    assert named.errors == []
    assert notes_of(named) == [
        *[("u1", 'size 5"')],
        *[(f"u3{n}", "") for n in range(5)],
        ("u9", "y"),
    ]


def test_a_backslash_before_a_quote_never_mixes_rows(tmp_path: Path) -> None:
    content = (
        "event_name,note,event_time,user_id\n"
        f'view,"5\\"",{TIME},u1\nlogin,"6\\"",{TIME},u2\nbuy,"x",{TIME},u3\n'
    )
    found = read_content(tmp_path, "x.csv", content)
    assert (found.texts, len(found.errors)) == ([], 1)
    named = read_content(tmp_path, "x.csv", content, escape="\\")
    assert notes_of(named) == [("u1", '5"'), ("u2", '6"'), ("u3", "x")]


@pytest.mark.parametrize(
    "row", ['"sign"up,T,u1,x', 'view,T,"u"1,x', 'view,T,u1,"he said \\"hi\\""', 'view,T,u1,"a" ']
)
def test_text_after_a_closing_quote_stops_the_file(tmp_path: Path, row: str) -> None:
    good = f"view,{TIME},u0,x"
    found = read_content(tmp_path, "x.csv", "\n".join([HEADER, good, row, good, ""]))
    assert found.texts == []
    assert "x.csv, line 3: a quoted field is followed by text" in found.errors[0]


@pytest.mark.parametrize("row", ['a"b,T,u1,x', f'view,{TIME},u1,5" pipe', 'view,T, "u1",x'])
def test_a_quote_in_an_unquoted_field_rejects_the_row(tmp_path: Path, row: str) -> None:
    rows = [f'view,{TIME},u0,"a ""b"""', row, f"view,{TIME},u2,x"]
    found = read_content(tmp_path, "x.csv", "\n".join([HEADER, *rows, ""]))
    assert found.users == ["u0", "u2"]
    assert found.reasons == [(3, "stray_quote")]


def test_a_quote_in_an_unquoted_field_stops_where_backslashes_stood_before_quotes(
    tmp_path: Path,
) -> None:
    # by RFC 4180 the first row ends within what was one field
    content = f'{HEADER}\nview,{TIME},"a\\",\nb",u1\n'
    found = read_content(tmp_path, "x.csv", content)
    assert found.texts == []
    assert "line 3: a quote stands within a field that is not quoted" in found.errors[0]


def test_a_backslash_at_the_end_of_a_quoted_field_is_one(tmp_path: Path) -> None:
    content = f'{HEADER}\nview,{TIME},u1,"C:\\"\nview,{TIME},u2,"a""\\"\n'
    assert notes_of(read_content(tmp_path, "x.csv", content)) == [("u1", "C:\\"), ("u2", 'a"\\')]


def test_escapes_stand_for_quotes_delimiters_escapes_and_line_ends_only(tmp_path: Path) -> None:
    fields = [r"a\,b", r"a\\b", r"\"x\"", r"C:\new\\", r"\N", r"x\Ny", r"\\N"]
    content = "\n".join([HEADER, *[f"view,{TIME},u{n},{f}" for n, f in enumerate(fields)], ""])
    content += f"view,{TIME},u7,two\\\nlines\n"
    found = read_content(tmp_path, "x.csv", content, escape="\\")
    assert [note for _, note in notes_of(found)] == [
        *("a,b", "a\\b", '"x"', "C:\\new\\", None, "x\\Ny", None),
        "two\nlines",
    ]


def test_quotes_without_a_meaning(tmp_path: Path) -> None:
    content = f'{HEADER}\nview,{TIME},u1,5" pipe\nview,{TIME},u2,"\n'
    found = read_content(tmp_path, "x.csv", content, quote="none")
    assert notes_of(found) == [("u1", '5" pipe'), ("u2", '"')]


def test_another_quote(tmp_path: Path) -> None:
    content = f"{HEADER}\nview,{TIME},u1,'a,''b'''\nview,{TIME},u2,5\" pipe\n"
    found = read_content(tmp_path, "x.csv", content, quote="'")
    assert notes_of(found) == [("u1", "a,'b'"), ("u2", '5" pipe')]


TEXTS = st.text(st.sampled_from('ab,"\\\n\r;\x01 '), max_size=6)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), min_size=1, max_size=6)


def written(rows: list[tuple[str, str, bool]], **dialect: Any) -> str:
    """A file of these notes; whether rows are quoted throughout differs."""
    file = io.StringIO()
    for quoted, row in [(False, HEADER.split(","))] + [
        (every, [first, TIME, f"u{number}", second])
        for number, (first, second, every) in enumerate(rows)
    ]:
        quotes: dict[str, Any] = {"quoting": csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL}
        csv.writer(file, **quotes, **dialect).writerow(row)
    return file.getvalue()


@settings(deadline=None)
@given(rows=ROWS)
def test_what_is_rfc_4180_is_read_as_it_was_written(rows: list[tuple[str, str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        found = read_content(Path(directory), "x.csv", written(rows))
    assert (found.errors, found.rejected) == ([], [])
    assert [(row["event_name"], row["note"]) for row in found.rows] == [
        (first, second) for first, second, _ in rows
    ]


@settings(deadline=None, max_examples=300)
@given(rows=ROWS)
def test_what_is_not_never_becomes_a_row_that_nobody_wrote(
    rows: list[tuple[str, str, bool]],
) -> None:
    content = written(rows, escapechar="\\", doublequote=False)
    with tempfile.TemporaryDirectory() as directory:
        plain = read_content(Path(directory), "x.csv", content)
        named = read_content(Path(directory), "x.csv", content, escape="\\")
    users = {f"u{number}" for number in range(len(rows))}
    # backslashes at the end of a field may be taken for themselves; rows are never mixed
    assert {row["user_id"] for row in plain.rows} <= users
    assert (named.errors, named.rejected) == ([], [])
    assert [row["user_id"] for row in named.rows] == sorted(users)


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("event_name;event_time;user_id", ";"),
        ("event_name\tevent_time\tuser_id", "\t"),
        ("event_name|event_time|user_id", "|"),
        ('event_name;event_time;user_id;"a,b"', ";"),
        ("event_name;event_time;user_id;a,b", ";"),
        ("event_name,event_time,user_id,a;b", ","),
    ],
)
def test_delimiters_that_the_header_tells(tmp_path: Path, header: str, delimiter: str) -> None:
    row = delimiter.join(["a", TIME, "u1", "x"][: header.count(delimiter) + 1])
    found = read_content(tmp_path, "x.csv", f"{header}\n{row}\n")
    assert found.errors == []
    assert found.users == ["u1"]


def test_a_delimiter_that_is_not_clear_is_the_comma(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.csv", "event_name;event_time,user_id\na;b,c\n")
    assert "x.csv has no column for event_name, event_time" in found.errors[0]
    assert "--delimiter" in found.errors[0]


@pytest.mark.parametrize("delimiter", ["tab", "\t"])
def test_a_delimiter_that_is_given(tmp_path: Path, delimiter: str) -> None:
    content = f"event_name\tevent_time\tuser_id\na,b\t{TIME}\tu1\n"
    found = read_content(tmp_path, "x.csv", content, delimiter=delimiter)
    assert found.rows[0]["event_name"] == "a,b"


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_line_that_names_the_separator(tmp_path: Path, line: str) -> None:
    content = f"{line}\nevent_name;event_time;user_id\na;{TIME};u1\n\nx\n"
    found = read_content(tmp_path, "x.csv", content)
    assert found.users == ["u1"]
    assert found.reasons == [(5, "wrong_field_count")]


def test_no_header(tmp_path: Path) -> None:
    content = f"a;{TIME};u1\nb;{TIME};u2\n"
    without = read_content(tmp_path, "x.csv", content)
    assert "--header event_name,event_time,user_id" in without.errors[0]
    named = read_content(tmp_path, "x.csv", content, header=("event_name", "event_time", "user_id"))
    assert (named.errors, named.users) == ([], ["u1", "u2"])


def test_columns_without_a_name_are_called_by_their_number(tmp_path: Path) -> None:
    content = f"event_name,event_time,user_id,,\na,{TIME},u1,,\nb,{TIME},u2,x,\n"
    found = read_content(tmp_path, "x.csv", content)
    assert found.errors == []
    assert found.rows[1]["column 4"] == "x"
    assert found.columns == ["event_name", "event_time", "user_id", "column 4", "column 5"]


def test_a_column_twice_stops_only_if_it_is_read(tmp_path: Path) -> None:
    content = f"event_name,event_time,user_id,note,note\na,{TIME},u1,x,y\n"
    assert read_content(tmp_path, "x.csv", content).users == ["u1"]
    every = read_content(tmp_path, "x.csv", content, maps={"properties": "*"})
    assert "x.csv has more than one column named note" in every.errors[0]
    twice = content.replace("note,note", "user_id,note")
    assert "column named user_id" in read_content(tmp_path, "x.csv", twice).errors[0]


def test_nulls(tmp_path: Path) -> None:
    content = f'{HEADER}\na,{TIME},\\N,x\na,{TIME},NULL,y\na,{TIME},"\\N",NULL\n'
    assert notes_of(read_content(tmp_path, "x.csv", content)) == [
        *[(None, "x"), ("NULL", "y"), (None, "NULL")]
    ]
    assert notes_of(read_content(tmp_path, "x.csv", content, nulls=("NULL", "x"))) == [
        *[(None, None), (None, "y"), (None, None)]
    ]


def test_a_last_row_without_a_line_end_is_read_with_a_note(tmp_path: Path) -> None:
    content = f"{HEADER}\nsignup,{TIME},u1,x\nsignup,{TIME},user1,"
    found = read_content(tmp_path, "x.csv", content)
    assert found.users == ["u1", "user1"]
    [note] = found.notes
    assert "does not end with a line end" in note
    assert "(line 3)" in note
    assert read_content(tmp_path, "x.csv", content + "\n").notes == []


def test_column_names_may_hold_percent_signs_and_quotes(tmp_path: Path) -> None:
    content = f'event_name,event_time,user_id,"100 %s ""x"""\na,{TIME},u1,5%\n'
    found = read_content(tmp_path, "x.csv", content)
    assert found.rows[0]['100 %s "x"'] == "5%"
