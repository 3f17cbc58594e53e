"""Several writers at once, and some that are killed: each batch is in the lake once or not yet."""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.lake.lakes import Lake, batches, generated
from tests.support.run import start_loader


def distinct(lake: Lake) -> int:
    """How many ids are in the lake."""
    return len({event_id for (event_id,) in lake.stored()})


def test_three_writers_of_the_same_batches_bring_each_once(lake: Lake, tmp_path: Path) -> None:
    lines = generated(tmp_path / "all.jsonl", 3000, 60)
    files = batches(tmp_path, lines, 4)
    orders = [files, files[::-1], [*files[2:], *files[:2]]]
    writers = [start_loader("append", *order, "--json", database=lake) for order in orders]
    reports = []
    for writer in writers:
        out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
        reports.append(out)
    contents = [found for found in lake.state.deliveries if found.digest]
    assert len(contents) == len({found.digest for found in contents}) == len(files)
    assert len({found.delivered_at for found in lake.state.deliveries}) == 3 * len(files)
    assert sum(found.appended for found in lake.state.deliveries) == len(lake.stored())
    for found in lake.state.deliveries:
        parts = found.appended + found.duplicate + found.conflicting + found.rejected
        assert found.read == parts
    # nothing lies about that is not in the lake
    assert len(lake.files()) == len(lake.state.files)


def test_a_writer_killed_anywhere_leaves_a_batch_whole_or_out(lake: Lake, tmp_path: Path) -> None:
    lines = generated(tmp_path / "all.jsonl", 3000, 60)
    files = batches(tmp_path, lines, 4)
    chance = random.Random(5)  # noqa: S311 (no secret)
    # how long one takes here, so that kills fall into all of it
    started = time.monotonic()
    with start_loader("append", tmp_path / "all.jsonl", "--dry-run", database=lake) as whole:
        whole.communicate(timeout=120)
    lasts = time.monotonic() - started
    killed = 0
    for _ in range(40):
        if killed == 6:
            break
        with start_loader("append", *files, database=lake) as writer:
            time.sleep(chance.uniform(0.3, 1.2) * lasts)
            ended = writer.poll() is not None
            writer.kill()
            writer.communicate()
        killed += not ended
        # one that has less left to do than the one before
        lasts *= 0.9 if ended else 1
        contents = {found.digest: found.appended for found in lake.state.deliveries if found.digest}
        assert sum(contents.values()) == len(lake.stored())
    assert killed == 6
    lake.append(*files)
    assert len({found.digest for found in lake.state.deliveries if found.digest}) == len(files)
    assert distinct(lake) == len({line.split('"')[3] for line in lines})


def test_what_a_dead_writer_has_left_is_removed_once_it_is_old(lake: Lake, tmp_path: Path) -> None:
    generated(tmp_path / "a.jsonl", 500, 20)
    lake.append(tmp_path / "a.jsonl")
    [some, *_] = lake.files()
    young, old = some.with_name("young.parquet"), some.with_name("old.parquet")
    for orphan in (young, old):
        orphan.write_bytes(some.read_bytes())
    before = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (before, before))
    stored = lake.stored()
    lake.run("compact", "--grace", "0")
    assert young.exists()
    assert not old.exists()
    assert lake.stored() == stored
