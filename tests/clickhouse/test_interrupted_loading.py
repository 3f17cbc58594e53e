"""Deaths of loaders and servers, and crowds: a delivery to ClickHouse is whole or not there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from loader.clickhouse import ClickHouse
from loader.stores import clickhouse_send
from scripts.clickhouse import embedded_server
from tests.clickhouse.databases import ClickHouseDatabase, clickhouse_database
from tests.clickhouse.deliveries import FIRST, counts, lines, number, stored
from tests.loader.raw_tables import RawTables, new_raw_tables
from tests.support.databases import REPOSITORY
from tests.support.run import process_environment

#: `loader` that is killed in the place of its n-th statement.
KILLED = """
    import os, signal, sys
    from loader.clickhouse import ClickHouse
    from loader.cli import main

    left = int(sys.argv.pop(1))

    def counted(method):
        def call(*args, **options):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*args, **options)
        return call

    for name in ("answer", "insert", "rows", "run"):
        setattr(ClickHouse, name, counted(getattr(ClickHouse, name)))
    main()
"""


@pytest.mark.slow
def test_killed_in_the_place_of_any_statement_it_is_whole_or_not_there(
    clickhouse_database_of_session: ClickHouseDatabase, tmp_path: Path
) -> None:
    """And to append it again is to append it for the first time, or all of it is there."""
    files = {"a.jsonl": lines(1, 30), "b.jsonl": lines(20, 60) + "no json\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    ended, statement = -signal.SIGKILL, 0
    whole: list[bool] = []
    while ended == -signal.SIGKILL:
        raw = new_raw_tables(clickhouse_database_of_session, tmp_path)
        raw.append("a.jsonl")
        statement += 1
        options = ["append", "--raw-schema", raw.schema, str(tmp_path / "b.jsonl")]
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(statement), *options],
            env=process_environment(raw.database, None),
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
        ).returncode
        events, rejected = number(raw, "{}.events"), number(raw, "{}.rejected_events")
        assert (events, rejected) in {(30, 0), (60, 1)}
        whole.append(events == 60)
        again = raw.append(tmp_path / "b.jsonl", "--json").json()
        assert counts(again) == ((42, 0, 41, 0, 1) if whole[-1] else (42, 30, 11, 0, 1))
        assert (number(raw, "{}.events"), number(raw, "{}.rejected_events")) == (60, 1)
        assert number(raw, FIRST) == 60
        raw.database.query(f"drop database {raw.schema}")
    assert ended == 0
    assert whole == sorted(whole)
    assert whole.count(False) > 8


@pytest.mark.slow
def test_several_writers_at_once_lose_nothing_and_staging_has_each_id_once(
    raw: RawTables, beside: RawTables
) -> None:
    names = []
    for number_ in range(4):
        names.append(f"{number_}.jsonl")
        raw.write(names[-1], lines(1 + 100 * number_, 400 + 100 * number_))
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "loader", "append", "--json"),
                *("--raw-schema", raw.schema, str(raw.directory / name)),
            ],
            env=process_environment(raw.database, None),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
        )
        for name in names
    ]
    reports = [json.loads(process.communicate()[0]) for process in processes]
    beside.append(*names)

    assert [process.returncode for process in processes] == [0] * 4
    assert [report["read"] for report in reports] == [400] * 4
    assert all(report["appended"] + report["duplicate"] == 400 for report in reports)
    # what two finished at the same moment is there twice, and counted twice
    assert sum(report["appended"] for report in reports) == number(raw, "{}.events")
    assert number(raw, FIRST) == 700
    assert number(raw, "(select distinct event_id from {}.events)") == 700
    assert number(raw, "{}.open_deliveries") == 0
    assert stored(beside)["events"] == raw.database.query(
        "select cast(event_id as varchar), event_name, event_time, user_id, "
        f"cast(properties as varchar) from {FIRST.format(raw.schema)} as events "
        "order by cast(event_id as varchar)"
    )


def test_what_another_loader_finishes_meanwhile_is_not_appended_twice(
    raw: RawTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is faster just before this one looks for the last time."""
    raw.write("a.jsonl", lines(1, 50))
    raw.write("b.jsonl", lines(31, 80, event_name="other"))
    sent = clickhouse_send.Sending.send
    attempts: list[str] = []

    def send(self: clickhouse_send.Sending, *args: Any) -> Any:
        applied = sent(self, *args)
        attempts.append(self._stage.source)
        if attempts == ["b.jsonl"]:
            raw.append("a.jsonl")
        return applied

    monkeypatch.setattr(clickhouse_send.Sending, "send", send)
    report = raw.append("b.jsonl", "--json").json()

    assert counts(report) == (50, 30, 0, 20, 0)
    assert attempts == ["b.jsonl", "a.jsonl", "b.jsonl"]
    assert (number(raw, "{}.events"), number(raw, FIRST)) == (80, 80)
    assert number(raw, "{}.event_rows") == 80


def test_what_a_dead_loader_left_is_taken_out_after_a_day(raw: RawTables) -> None:
    raw.append(raw.write("a.jsonl", lines(1, 5)))
    left = "toDateTime64('2025-05-05 05:05:05', 6, 'UTC')"
    for age in ("2 day", "1 hour"):
        raw.database.query(
            f"insert into {raw.schema}.open_deliveries values "
            f"({left} + interval {age}, generateUUIDv4(), now64(6, 'UTC') - interval {age})"
        )
        raw.database.query(
            f"insert into {raw.schema}.event_rows select generateUUIDv4(), 'n', '2025-01-01', 'u', "
            f"'{{}}', {left} + interval {age} from numbers(7)"
        )
    assert (number(raw, "{}.events"), number(raw, "{}.event_rows")) == (5, 19)

    raw.append(raw.write("b.jsonl", lines(6, 9)))

    assert (number(raw, "{}.events"), number(raw, "{}.event_rows")) == (9, 16)


def test_a_server_that_dies_is_told_and_nothing_is_there_after_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with embedded_server(data) as server:
        raw = new_raw_tables(clickhouse_database(server, tmp_path), tmp_path)
        raw.append(raw.write("a.jsonl", lines(1, 5)))
        killing = textwrap.dedent(KILLED).replace("os.getpid()", str(server.pid))
        options = ["append", "--raw-schema", raw.schema, str(raw.write("b.jsonl", lines(3, 9)))]
        ended = subprocess.run(
            [sys.executable, "-c", killing, "7", *options],
            env=process_environment(raw.database, None),
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 1
    assert "failed while appending" in ended.stderr
    assert "run this again once the server is well" in ended.stderr
    with embedded_server(data) as server:
        raw = replace(raw, database=clickhouse_database(server, tmp_path))
        assert number(raw, "{}.events") == 5
        assert counts(raw.append("b.jsonl", "--json").json()) == (7, 4, 3, 0, 0)
        assert number(raw, "{}.events") == 9


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_server_lost_at_the_last_insert_leaves_all_or_nothing(
    is_finished: bool, raw: RawTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks again learns which; what was sent is not taken out, since nobody knows."""
    run = ClickHouse.run

    def lose(self: ClickHouse, statement: str, *args: Any) -> None:
        is_last = f'"{raw.schema}".deliveries' in statement and statement.startswith("insert")
        if not is_last or is_finished:
            run(self, statement, *args)
        if is_last:
            raise OperationalError("Connection aborted.")

    raw.write("a.jsonl", lines(1, 20))
    with monkeypatch.context() as patched:
        patched.setattr(ClickHouse, "run", lose)
        lost = raw.append("a.jsonl", exit_code=1)

    assert "run this again: what it had committed is not appended twice" in lost.stderr
    assert number(raw, "{}.events") == (20 if is_finished else 0)
    again = counts(raw.append("a.jsonl", "--json").json())
    assert again == ((20, 0, 20, 0, 0) if is_finished else (20, 20, 0, 0, 0))
    assert number(raw, "{}.events") == 20
