"""Appending to a lake: the same report as elsewhere, and nothing twice."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import duckdb
import pytest

from tests.lake.lakes import Lake, an_event, generated


def counts(report: dict[str, object]) -> tuple[object, ...]:
    """What became of the rows."""
    names = ("read", "appended", "duplicate", "conflicting", "rejected")
    return tuple(report[name] for name in names)


def write(path: Path, *lines: str) -> Path:
    """A file of lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_before_init_there_is_one_sentence_and_the_command_to_run(tmp_path: Path) -> None:
    from tests.lake.lakes import new_lake  # noqa: PLC0415

    lake = new_lake(tmp_path / "none")
    file = write(tmp_path / "a.jsonl", an_event(uuid.uuid4()))
    ended = lake.run("append", file, check=False)
    assert ended.exit_code == 1
    assert "loader init --target lake" in ended.stderr


def test_init_twice_changes_nothing(lake: Lake) -> None:
    assert "Nothing to do" in lake.run("init").stderr


def test_a_report_accounts_for_every_row(lake: Lake, tmp_path: Path) -> None:
    first = uuid.uuid4()
    file = write(
        tmp_path / "a.jsonl",
        an_event(first),
        an_event(first),
        an_event(first, properties={"plan": "free"}),
        an_event(uuid.uuid4(), event_time="2026-01-31T23:59:59.999999Z"),
        '{"event_name": "login"}',
    )
    assert counts(lake.append(file)) == (5, 2, 1, 1, 1)
    assert str(first) in [row[0] for row in lake.stored()]
    reasons = json.loads(lake.run("rejects", "--json").stdout)["reasons"]
    assert {row["reason"]: row["rows"] for row in reasons} == {
        "conflicting_event_id": 1,
        "missing_event_time": 1,
    }
    [delivery] = json.loads(lake.run("deliveries", "--json").stdout)["deliveries"]
    assert counts(delivery) == (5, 2, 1, 1, 1)


def test_a_file_that_comes_again_adds_nothing_in_whatever_order(lake: Lake, tmp_path: Path) -> None:
    lines = generated(tmp_path / "a.jsonl", 500, 20)
    shuffled = write(tmp_path / "b.jsonl", *sorted(lines))
    appended = lake.append(tmp_path / "a.jsonl")["appended"]
    before = lake.files()
    for file in ("a.jsonl", "b.jsonl"):
        again = lake.append(tmp_path / file)
        assert (again["appended"], again["duplicate"]) == (0, 500)
    assert lake.files() == before
    assert len(lake.stored()) == appended
    assert shuffled.exists()


@pytest.mark.parametrize("prepared", [False, True], ids=["new", "there_already"])
def test_a_dry_run_says_what_the_append_then_does(
    lake: Lake, tmp_path: Path, *, prepared: bool
) -> None:
    same = uuid.uuid4()
    file = write(
        tmp_path / "a.jsonl",
        an_event(same),
        an_event(same, user_id="bob"),
        an_event(uuid.uuid4()),
        "{}",
    )
    if prepared:
        lake.append(file)
    dry = lake.run("append", file, "--dry-run", "--json").json()
    assert counts(dry) == counts(lake.append(file))


def test_an_append_reads_no_event_that_is_there(lake: Lake, tmp_path: Path) -> None:
    generated(tmp_path / "a.jsonl", 500, 20)
    lake.append(tmp_path / "a.jsonl")
    for file in lake.files():
        file.write_bytes(b"no Parquet")
    assert lake.append(write(tmp_path / "b.jsonl", an_event(uuid.uuid4())))["appended"] == 1


def test_files_are_of_one_month_sorted_and_told_in_the_manifest(lake: Lake, tmp_path: Path) -> None:
    generated(tmp_path / "a.jsonl", 2000, 50, days=80)
    lake.append(tmp_path / "a.jsonl")
    months = {file.month for file in lake.state.files}
    assert len(months) > 2
    for file in lake.state.files:
        path = str(Path(lake.address) / file.name)
        rows = duckdb.execute(
            "select user_id, event_time, strftime(event_time at time zone 'UTC', '%Y-%m'), "
            "strftime(event_time at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00'), month "
            "from read_parquet(?, hive_types = {'month': varchar})",
            [path],
        ).fetchall()
        assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
        assert {row[2] for row in rows} == {row[4] for row in rows} == {file.month}
        times = [row[3] for row in rows]
        assert (min(times), max(times)) == (file.first_event_at, file.last_event_at)
        assert (len(rows), Path(path).stat().st_size) == (file.rows, file.size)


def test_too_many_rejected_rows_leave_nothing_behind(lake: Lake, tmp_path: Path) -> None:
    same = uuid.uuid4()
    file = write(tmp_path / "a.jsonl", an_event(same), an_event(same, user_id="bob"), "{}")
    ended = lake.run("append", file, "--max-rejected", "1", check=False)
    assert ended.exit_code == 1
    assert lake.files() == lake.files("rejected") == []
    assert json.loads(lake.run("deliveries", "--json").stdout)["deliveries"] == []


def test_strict_is_all_or_nothing(lake: Lake, tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", an_event(uuid.uuid4()))
    bad = write(tmp_path / "bad.jsonl", an_event(uuid.uuid4()), "{}")
    assert lake.run("append", good, bad, "--strict", check=False).exit_code == 1
    assert lake.stored() == []
    write(bad, an_event(uuid.uuid4()))
    assert counts(lake.run("append", good, bad, "--strict", "--json").json()) == (2, 2, 0, 0, 0)
    assert counts(lake.append(good)) == (1, 0, 1, 0, 0)


def test_organisations_are_apart(lake: Lake, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", an_event(uuid.uuid4()))
    lake.run("init", "--org", "acme")
    assert lake.append(file)["appended"] == 1
    assert lake.run("append", file, "--raw-schema", "raw_acme", "--json").json()["appended"] == 1
    assert [file.parts[-3] for file in lake.files()] == [
        "org=__HIVE_DEFAULT_PARTITION__",
        "org=acme",
    ]


def test_what_is_of_no_lake_and_what_is_only_of_one_is_refused_in_a_sentence(
    lake: Lake, tmp_path: Path
) -> None:
    (tmp_path / "exported").mkdir()
    for command in (("rewrite",), ("restore", tmp_path / "exported")):
        ended = lake.run(*command, check=False)
        assert "'lake' is no DuckDB file" in ended.stderr
    ended = lake.run("compact", "--target", "duckdb", check=False)
    assert (ended.exit_code, "'duckdb' is no lake" in ended.stderr) == (2, True)
    other = lake.run("deliveries", "--raw-schema", "other", check=False)
    assert "--raw-schema is 'other', and the lake's is 'raw'" in other.stderr


def test_a_lake_without_a_path_is_refused_by_loader_and_dbt_alike(lake: Lake) -> None:
    profiles = lake.directory / "profiles.yml"
    text = profiles.read_text(encoding="utf-8")
    setting = "config: {path: \"{{ env_var('EVENTS_LAKE_PATH', 'lake') }}\"}"
    assert setting in text
    profiles.write_text(text.replace(setting, "config: {}"), encoding="utf-8")
    assert "has no path" in lake.run("deliveries", check=False).stderr
