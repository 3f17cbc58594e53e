"""The views over a lake have the rows that those of a plain DuckDB file have."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loader.lake.manifest import Manifest, State
from tests.conftest import MakeDatabase
from tests.lake.lakes import Lake, an_event, batches, differing_views, generated, new_lake
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader, start_loader

KEPT = {"rollups": "incremental"}


def plain(lake: Lake, database: Database, files: list[Path]) -> Database:
    """The same deliveries in a DuckDB file, one after the other, in the lake's order."""
    run_loader("init", database=database, check=True)
    named = {str(file): file for file in files}
    for delivery in sorted(lake.state.deliveries, key=lambda found: found.delivered_at):
        run_loader("append", named[delivery.source], database=database, check=True)
    run_dbt(*BUILD_UNTESTED, database=database)
    return database


def crowd(lake: Lake, files: list[Path]) -> None:
    """Let three processes append the same files, one of which is killed, and then run it again."""
    orders = [files, files[::-1], [*files[2:], *files[:2]]]
    writers = [start_loader("append", *order, database=lake) for order in orders]
    writers[0].kill()
    for writer in writers:
        writer.communicate(timeout=120)
    lake.append(*files)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of writers in each other's way, whose roll-ups a second build brought up to date."""
    directory = tmp_path_factory.mktemp("built")
    lake = new_lake(directory / "of_lake")
    lake.run("init")
    files = batches(directory, generated(directory / "all.jsonl", 4000, 80), 6)
    crowd(lake, files[:3])
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    crowd(lake, files[3:])
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    return lake


@pytest.fixture(scope="module")
def expected(
    built: Lake,
    make_session_database: MakeDatabase,
) -> Database:
    """The same in a DuckDB file."""
    files = [built.directory.parent / f"batch_{number}.jsonl" for number in range(6)]
    return plain(built, make_session_database("duckdb"), files)


def test_all_public_views_have_the_same_rows(built: Lake, expected: Database) -> None:
    assert built.query("select count(*) from raw.repeated_events where is_conflict")[0][0] > 0
    assert built.query("select event_id from raw.events order by 1") == expected.query(
        "select event_id from raw.events order by 1"
    )
    assert differing_views(built, expected) == {}


def test_a_compacted_lake_has_them_too_and_readers_had_them_meanwhile(
    built: Lake, expected: Database
) -> None:
    built.run("compact")
    assert differing_views(built, expected) == {}  # by the files that were merged
    run_dbt(*BUILD_UNTESTED, database=built, variables=KEPT)
    assert differing_views(built, expected) == {}
    built.run("compact", "--grace", "0")
    assert differing_views(built, expected) == {}


def test_a_build_warns_of_ids_that_came_again_with_other_content(
    lake: Lake, tmp_path: Path
) -> None:
    same = uuid.uuid4()
    for number, user in enumerate(("ada", "bob")):
        file = tmp_path / f"{number}.jsonl"
        file.write_text(an_event(same, user_id=user) + "\n", encoding="utf-8")
        lake.append(file)
    run_dbt("seed", database=lake)
    said = run_dbt(
        *("build", "--select", "stg_events", "events_of_one_id_are_alike"), database=lake
    )
    assert f"1 ids of events were delivered again with other content, such as {same}" in said.output
    assert lake.query("select user_id from analytics_staging.stg_events") == [("ada",)]


def test_each_organisation_has_views_over_its_own_events(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    file.write_text(an_event(uuid.uuid4(), user_id="eve") + "\n", encoding="utf-8")
    lake.run("init", "--org", "acme")
    lake.run("append", file, "--raw-schema", "raw_acme")
    run_dbt("run", "--select", "stg_events", database=lake, variables={"org": "acme"})
    users = "select user_id from {}.stg_events"
    assert lake.query(users.format("analytics_acme_staging")) == [("eve",)]
    assert lake.query("select user_id from raw.events") == []


def test_what_makes_room_for_an_earlier_delivery_is_in_no_roll_up(
    lake: Lake, tmp_path: Path, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery with an earlier time may be in the lake only after a build has shown another."""
    lines = generated(tmp_path / "all.jsonl", 400, 20)
    files = batches(tmp_path, lines, 4)
    lake.append(files[0], files[1])
    earlier = datetime.now(UTC)
    lake.append(files[2])
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    before = lake.query("select count(*) from raw.events")
    take = Manifest.take_time

    def take_earlier(self: Manifest, state: State) -> datetime:
        take(self, state)
        return earlier

    monkeypatch.setattr(Manifest, "take_time", take_earlier)
    # of ids that files[2] has brought, as other events
    contradicting = tmp_path / "batch_4.jsonl"
    text = files[2].read_text(encoding="utf-8").replace('"user_id":"user-', '"user_id":"late-')
    assert text != files[2].read_text(encoding="utf-8")
    contradicting.write_text(text, encoding="utf-8")
    lake.append(contradicting)
    monkeypatch.undo()
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    assert lake.query("select count(*) from raw.events where user_id like 'late-%'")[0][0] > 50
    assert lake.query("select count(*) from raw.events") == before
    assert lake.query("select count(*) from raw.removals where action = 'displace'") == [(1,)]
    reference = plain(lake, make_database("duckdb"), [*files, contradicting])
    assert differing_views(lake, reference) == {}


def test_withdrawn_and_erased_events_are_in_no_view(
    lake: Lake, tmp_path: Path, make_database: MakeDatabase
) -> None:
    files = batches(tmp_path, generated(tmp_path / "all.jsonl", 400, 20), 3)
    lake.append(*files)
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    database = make_database("duckdb")
    run_loader("init", database=database, check=True)
    run_loader("append", *files, database=database, check=True)
    for each in (lake, database):
        found = run_loader("deliveries", "--json", database=each, check=True).json()["deliveries"]
        [delivery] = [row["delivery_id"] for row in found if row["source"] == str(files[1])]
        run_loader("withdraw", delivery, database=each, check=True)
        run_loader("erase", "--user", "user-3", "--user", "user-5", database=each, check=True)
    run_dbt(*BUILD_UNTESTED, database=lake, variables=KEPT)
    run_dbt(*BUILD_UNTESTED, database=database)
    assert differing_views(lake, database) == {}
