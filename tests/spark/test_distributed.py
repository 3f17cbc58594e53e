"""The whole project on a Spark of two worker processes has the rows that DuckDB has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.metrics.views import SCHEMA
from tests.spark.sessions import with_rows, write_lake
from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MASTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory, reference: Database) -> Path:
    """What tests.spark.distributed has written."""
    directory = tmp_path_factory.mktemp("distributed")
    write_lake(reference, directory / "lake")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.spark.distributed", str(directory), MASTER],
        cwd=REPOSITORY,
        env=process_environment(),
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return directory


@pytest.mark.parametrize("view", with_rows())
def test_a_view_built_by_two_executors_has_the_rows_of_duckdb(
    distributed: Path, reference: Database, view: str
) -> None:
    connection = reference.connect()
    try:
        ours = f"select * from {SCHEMA}.{view}"
        theirs = f"select * from read_parquet('{distributed / 'views' / view}/*.parquet')"
        assert connection.execute(f"select count(*) from ({ours})").fetchone() != (0,)
        for one, other in ((ours, theirs), (theirs, ours)):
            found = connection.execute(f"({one}) except all ({other}) limit 5").fetchall()
            assert not found, found
    finally:
        connection.close()


def test_both_executors_computed_a_good_part_of_it(distributed: Path) -> None:
    done: Counter[str] = Counter()
    [log] = (distributed / "events").glob("app-*")
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd":
            assert event["Task End Reason"]["Reason"] == "Success"
            done[event["Task Info"]["Executor ID"]] += 1
    assert set(done) == {"0", "1"}
    assert min(done.values()) > sum(done.values()) / 4
