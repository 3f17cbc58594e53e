"""When `loader append` fails for the rows of a file, and what it leaves of such a file."""

from __future__ import annotations

from collections import Counter

import pytest

from loader.limits import MaxRejected
from loader.report import FileReport
from tests.loader.raw_tables import RawTables, event

ID = "6f1ed002-ab5b-4e8c-9d2f-{:012}"
NO_OFFSET = (
    "event_name,event_time,user_id\nsignup,2024-03-01 08:30:00,u1\nlogin,2024-03-01 08:31:00,u1\n"
)


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


def good(count: int, first: int = 1) -> list[str]:
    return [event(f"u{n}", event_id=ID.format(n)) for n in range(first, first + count)]


def test_every_row_rejected_is_a_failure_that_is_recorded(raw: RawTables) -> None:
    raw.write("a.csv", NO_OFFSET)

    result = raw.append("a.csv", "--json", exit_code=1)

    assert result.stderr.splitlines()[0] == (
        "Error: nothing of a.csv was appended. All of its 2 rows are rejected: "
        "event_time_without_offset 2."
    )
    [file] = result.json()["files"]
    assert file["error"].startswith("All of its 2 rows are rejected")
    assert (file["read"], file["appended"], file["rejected"]) == (2, 0, 2)
    assert file["first_rejected"]["event_time_without_offset"]["line"] == 2
    assert len(raw.rejected()) == 2


def test_one_event_among_rejected_rows_is_none(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(*good(1), *["bad"] * 5))
    assert raw.append("a.jsonl", "--json").json()["files"][0]["error"] is None


def test_what_is_there_already_counts_as_appended(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(*good(1), "bad"))
    raw.append("a.jsonl")
    assert raw.append("a.jsonl", "--json").json()["duplicate"] == 1


def test_events_that_all_conflict_are_a_failure(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(*good(2)))
    raw.write("b.jsonl", lines(*[row.replace("seen", "left") for row in good(2)]))
    raw.append("a.jsonl")
    result = raw.append("b.jsonl", exit_code=1)
    assert "All of its 2 rows are rejected: conflicting_event_id 2." in result.stderr


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_rows_is_told_and_no_failure(raw: RawTables, content: str) -> None:
    raw.write("a.jsonl", content)
    result = raw.append("a.jsonl")
    assert result.stderr.splitlines()[1:] == ["Empty: a.jsonl has no rows."]


def test_a_parquet_file_without_bytes_is_a_failure(raw: RawTables) -> None:
    raw.write("a.parquet", b"")
    assert "a.parquet is empty" in raw.append("a.parquet", exit_code=1).stderr


def test_each_file_is_judged_on_its_own(raw: RawTables) -> None:
    raw.write("a.csv", NO_OFFSET)
    raw.write("b.jsonl", lines(*good(2)))
    files = raw.append("a.csv", "b.jsonl", "--json", exit_code=1).json()["files"]
    assert [(file["appended"], file["error"] is None) for file in files] == [(0, False), (2, True)]
    assert raw.users() == ["u1", "u2"]


@pytest.mark.parametrize(
    ("limit", "fails"),
    [("1", True), ("2", False), ("19.9%", True), ("20%", False), ("0", True), ("100%", False)],
)
def test_a_limit_of_rejected_and_conflicting_rows(
    raw: RawTables, limit: str, *, fails: bool
) -> None:
    """Of ten rows one is rejected and one conflicts."""
    conflict = good(1)[0].replace("seen", "left")
    raw.write("a.jsonl", lines(*good(8), conflict, "bad"))

    result = raw.append("a.jsonl", "--max-rejected", limit, "--json", exit_code=int(fails))

    [file] = result.json()["files"]
    if fails:
        assert raw.events() == []
        assert raw.rejected() == []
        assert file["error"].endswith(
            f"--max-rejected {limit} allows no more. Mend them, or raise the limit."
        )
        assert file["read"] == 0
        assert "a.jsonl, line 10: not_json" in result.stderr
    else:
        assert (file["appended"], file["rejected"], file["conflicting"]) == (8, 1, 1)
        assert len(raw.rejected()) == 2


def test_beyond_the_limit_the_other_files_go_in(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(*good(2), "bad"))
    raw.write("b.jsonl", lines(*good(2, first=3)))
    env = {"LOADER_APPEND_MAX_REJECTED": "1%"}
    result = raw.append("a.jsonl", "b.jsonl", env=env, exit_code=1)
    assert "Error: nothing of a.jsonl was appended. 1 of 3 rows are rejected" in result.stderr
    assert raw.users() == ["u3", "u4"]
    assert raw.rejected() == []


def test_strict_is_stricter_than_any_limit(raw: RawTables) -> None:
    raw.write("a.jsonl", lines(*good(2), "bad"))
    result = raw.append("a.jsonl", "--strict", "--max-rejected", "50%", exit_code=1)
    assert "because of --strict: 1 rows" in result.stderr
    assert raw.events() == []


@pytest.mark.parametrize("text", ["", "-1", "1.5", "one", "101%", "1e2", "%"])
def test_limits_that_are_none(raw: RawTables, text: str) -> None:
    raw.write("a.jsonl", lines(*good(1)))
    result = raw.append("a.jsonl", f"--max-rejected={text}", exit_code=2)
    assert "--max-rejected" in result.stderr
    assert raw.events() == []


def test_shares_are_exact() -> None:
    tenth = MaxRejected.of("0.1 %")
    assert tenth.allows(1, 1000)
    assert not tenth.allows(1, 999)
    assert tenth.allows(0, 0)


def test_the_sentence_on_a_single_row() -> None:
    file = FileReport("a", read=1, rejected=Counter({"not_json": 1}))
    file.close()
    assert file.error == "Its only row is rejected: not_json 1."
