"""`loader rejects`: counts by reason, and rows that can be mended and sent again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loader.reasons import REASONS
from tests.support.databases import REPOSITORY, Database
from tests.support.run import run_loader

GOOD = '{"event":"a","time":"2024-01-01T00:00:00Z","user_id":"u","properties":{"n":1}}'
NO_USER = '{"event":"b","time":"2024-01-01T00:00:00Z","properties":{"ü":"ß\\n"}}'
NO_TIME = '{"event":"c","user_id":"u"}'


@pytest.fixture
def rejected(database: Database, tmp_path: Path) -> Database:
    """Two files with rejected rows: three without a user, one that is no JSON, one without time."""
    run_loader("init", database=database, check=True)
    (tmp_path / "one.jsonl").write_text(
        "\n".join([GOOD, NO_USER, "not json", NO_USER.replace('"b"', '"bb"')])
    )
    (tmp_path / "two.csv").write_text("event,time,user_id\nb,2024-01-01T00:00:00Z,\nc,,u\n")
    for name, code in (("one.jsonl", 0), ("two.csv", 1)):
        assert run_loader("append", name, database=database, cwd=tmp_path).exit_code == code
    return database


def counts(database: Database, *options: str) -> dict[str, int]:
    report = run_loader("rejects", "--json", *options, database=database, check=True).json()
    found = {entry["reason"]: entry["rows"] for entry in report["reasons"]}
    assert sum(found.values()) == report["rejected"]
    return found


def test_counts_by_reason_with_meaning_remedy_and_first_place(rejected: Database) -> None:
    result = run_loader("rejects", database=rejected)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split() for line in lines[::3]][:-1] == [
        ["3", "missing_user_id"],
        ["1", "missing_event_time"],
        ["1", "not_json"],
    ]
    assert lines[1].strip() == " ".join(REASONS["missing_user_id"])
    assert lines[2].strip().startswith("First: one.jsonl, line 2: ")
    assert lines[-1].startswith("        5  rejected rows in ")


def test_as_json(rejected: Database) -> None:
    report = run_loader("rejects", "--json", database=rejected).json()

    assert report["rejected"] == 5
    assert report["reasons"][2] == {
        "reason": "not_json",
        "rows": 1,
        "meaning": REASONS["not_json"].meaning,
        "remedy": REASONS["not_json"].remedy,
        "first": {
            "source": "one.jsonl",
            "line": 3,
            "detail": report["reasons"][2]["first"]["detail"],
        },
    }


def test_selections(rejected: Database) -> None:
    assert counts(rejected, "--reason", "not_json") == {"not_json": 1}
    assert counts(rejected, "--reason", "not_json", "--reason", "missing_event_time") == {
        "missing_event_time": 1,
        "not_json": 1,
    }
    assert counts(rejected, "--source", "two.csv") == {
        "missing_event_time": 1,
        "missing_user_id": 1,
    }
    assert counts(rejected, "--source", "two.csv", "--reason", "not_json") == {}
    assert counts(rejected, "--source", "x' or 'a' = 'a") == {}


def test_since_includes_its_own_moment(rejected: Database) -> None:
    at = (
        "cast(max(rejected_at) as timestamp)"
        if rejected.engine == "duckdb"
        else ("max(rejected_at)")
    )
    [(last,)] = rejected.query(f"select cast({at} as text) from raw.rejected_events")
    moment = re.sub(r"(\+00)?$", "Z", last.replace(" ", "T"), count=1)

    assert counts(rejected, "--since", moment) != {}
    assert sum(counts(rejected, "--since", "2020-01-01").values()) == 5
    assert counts(rejected, "--since", "2100-01-01") == {}
    assert counts(rejected, "--since", "2100-01-01T00:00:00+02:00") == {}


def test_nothing_rejected(database: Database) -> None:
    run_loader("init", database=database, check=True)

    result = run_loader("rejects", database=database)

    assert result.exit_code == 0
    assert result.stdout.split()[:3] == ["0", "rejected", "rows"]


def test_writes_the_original_texts(rejected: Database, tmp_path: Path) -> None:
    path = tmp_path / "mend.jsonl"

    result = run_loader("rejects", "--output", path, database=rejected)

    assert result.exit_code == 0
    assert f"Wrote 5 rows to {path}" in result.stderr
    lines = path.read_text().splitlines()
    assert lines[:3] == [NO_USER, "not json", NO_USER.replace('"b"', '"bb"')]
    assert [json.loads(line) for line in lines[3:]] == [
        {"event": "b", "time": "2024-01-01T00:00:00Z", "user_id": ""},
        {"event": "c", "time": "", "user_id": "u"},
    ]


def test_streams_to_standard_output_alone(rejected: Database) -> None:
    result = run_loader("rejects", "--reason", "not_json", "--output", "-", database=rejected)

    assert result.stdout == "not json\n"
    assert "not_json" in result.stderr


def test_mended_rows_are_appended(rejected: Database, tmp_path: Path) -> None:
    path = tmp_path / "mend.jsonl"
    run_loader("rejects", "--reason", "missing_user_id", "-o", path, database=rejected, check=True)
    mended = []
    for line in path.read_text().splitlines():
        event = json.loads(line)
        event["user_id"] = "found"
        mended.append(json.dumps(event))
    path.write_text("\n".join(mended))

    report = run_loader("append", path, "--json", database=rejected, check=True).json()

    assert (report["read"], report["appended"], report["rejected"]) == (3, 3, 0)
    assert rejected.query("select count(*) from raw.events where user_id = 'found'") == [(3,)]


def test_never_overwrites_without_force(rejected: Database, tmp_path: Path) -> None:
    path = tmp_path / "precious.jsonl"
    path.write_text("precious")

    refused = run_loader("rejects", "--output", path, database=rejected)

    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert path.read_text() == "precious"
    assert run_loader("rejects", "-o", path, "--force", database=rejected).exit_code == 0
    assert len(path.read_text().splitlines()) == 5


def test_a_failure_leaves_no_file(database: Database, tmp_path: Path) -> None:
    """There are no raw tables: the target of --output and its directory stay as they were."""
    folder = tmp_path / "out"
    folder.mkdir()

    result = run_loader("rejects", "--output", folder / "x.jsonl", database=database)

    assert result.exit_code == 1
    assert list(folder.iterdir()) == []


def test_an_output_that_cannot_be_written(rejected: Database, tmp_path: Path) -> None:
    result = run_loader("rejects", "--output", tmp_path / "no" / "x.jsonl", database=rejected)

    assert result.exit_code == 1
    assert f"Cannot write in {tmp_path / 'no'}" in result.stderr


def test_device_files_are_not_replaced(rejected: Database) -> None:
    result = run_loader("rejects", "--output", "/dev/null", "--force", database=rejected)

    assert result.exit_code == 2
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--reason", "bad_hair"], "'bad_hair' is not one of"),
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--json", "--output", "-"], "both want standard output"),
    ],
)
def test_usage(rejected: Database, options: list[str], expected: str) -> None:
    result = run_loader("rejects", *options, database=rejected)

    assert result.exit_code == 2
    assert expected in result.stderr


def test_every_reason_that_a_program_gives_is_explained_and_no_other() -> None:
    """Reason codes are texts in the code: each text there that is one of ours, and no others."""
    sources = [
        path.read_text()
        for program in ("collector", "loader")
        for path in (REPOSITORY / program).rglob("*.py")
        if path.name != "reasons.py"
    ]
    quoted = set(re.findall(r'"([a-z0-9]+(?:_[a-z0-9]+)+)"', "\n".join(sources)))
    given = set(
        re.findall(
            r'(?:_Refusal|JsonFault|Rejection|RejectedRow)\(\s*(?:[a-z_.]+,\s*)?"([a-z0-9_]+)"',
            "\n".join(sources),
        )
    )

    assert given <= set(REASONS)
    assert set(REASONS) <= quoted


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured as Linux tells it")
def test_memory_does_not_grow_with_the_rows(database: Database, tmp_path: Path) -> None:
    """The rows go through in batches: at no time are all 150 MB of them held."""
    run_loader("init", database=database, check=True)
    database.execute(
        "insert into raw.rejected_events"
        " select cast(md5(cast(n as text)) as uuid), 'not_json', 'x', repeat('x', 1000), 'a', n,"
        " now() from generate_series(1, 150000) as rows (n)"
    )
    path = tmp_path / "all.jsonl"

    # Not os.wait4(): what it tells includes the memory of this process, before the new one began.
    script = (
        "import sys\nfrom loader.cli import cli\ncli(sys.argv[1:], standalone_mode=False)\n"
        "print(*[line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "rejects", "--output", path],
        env={**os.environ, **database.env()},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    peak_kilobytes = int(done.stdout.split()[-2])
    assert path.stat().st_size == 150_000 * 1001
    assert peak_kilobytes < 200_000  # the program alone takes about a third of it
