"""No room left: on the server's disk, on that of the DuckDB file, or for temporary files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.interruption.conftest import (
    MakeRawTables,
    MakeSmallDisk,
    OwnServer,
    SmallDisk,
    own_directory,
)
from tests.interruption.deliveries import Delivery, is_in
from tests.interruption.processes import append, assert_completes, assert_explained
from tests.support.databases import Database, Engine, new_database
from tests.support.run import run_loader, run_loader_process

pytestmark = pytest.mark.slow

FULL = ("is full", "make room")


@pytest.fixture
def small_tablespace(own_server: OwnServer, make_small_disk: MakeSmallDisk) -> Iterator[SmallDisk]:
    """A tablespace named small, of 1 MB; the database that uses it must go before."""
    with own_server.server.connect() as connection:
        disk = make_small_disk(own_server.data_directory.parent / "small", 1024)
        give_to_server(disk.directory, own_server)
        connection.execute(f"create tablespace small location '{disk.directory}'".encode())
        yield disk
        connection.execute("drop tablespace small")


def give_to_server(path: Path, own_server: OwnServer) -> None:
    """Let the server's system user own a file or directory."""
    owner = own_server.data_directory.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def test_no_room_for_the_table(
    small_tablespace: SmallDisk, own_database: Database, small: Delivery
) -> None:
    own_database.execute("alter table raw.events set tablespace small")

    result = append(own_database, "-", stdin=small.data)

    assert_explained(result, *FULL)
    assert not is_in(own_database, small)
    small_tablespace.enlarge()
    assert_completes(own_database, small, appended=len(small.events))


def test_no_room_for_the_index(
    small_tablespace: SmallDisk, own_database: Database, many: Delivery
) -> None:
    own_database.execute("alter index raw.events_pkey set tablespace small")

    result = append(own_database, "-", stdin=many.data)

    assert_explained(result, *FULL)
    assert not is_in(own_database, many)
    small_tablespace.enlarge()
    assert_completes(own_database, many, appended=len(many.events))


def test_no_room_for_rows_to_be_compared(
    small_tablespace: SmallDisk, own_database: Database, small: Delivery
) -> None:
    """What is there already goes to a temporary table."""
    assert append(own_database, "-", stdin=small.data).exit_code == 0
    own_database.execute(f"alter database {own_database.name} set temp_tablespaces = 'small'")

    result = append(own_database, "-", stdin=small.data)

    assert_explained(result, *FULL)
    assert is_in(own_database, small)
    small_tablespace.enlarge()
    assert_completes(own_database, small, appended=0)


def test_no_room_for_the_stage(
    make_raw_tables: MakeRawTables,
    make_small_disk: MakeSmallDisk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    large: Delivery,
) -> None:
    """Rows for PostgreSQL that do not fit into memory wait among the temporary files."""
    database = make_raw_tables("postgres")
    disk = make_small_disk(tmp_path / "disk", 8 << 10)
    monkeypatch.setattr("tempfile.tempdir", str(disk.directory))
    monkeypatch.setattr("loader.stores.postgres.MEMORY", "64MB")

    result = run_loader("append", "-", "--json", database=database, stdin=large.data)

    assert_explained(result, "make room", str(disk.directory))
    assert not is_in(database, large)
    assert list(disk.directory.iterdir()) == []
    disk.enlarge()
    monkeypatch.setattr("loader.stores.postgres.MEMORY", "256MB")
    assert_completes(database, large, appended=len(large.events))


@pytest.fixture
def for_a_server() -> Iterator[Path]:
    """An empty directory that a server's user may be let into."""
    with own_directory("small-postgres") as directory:
        yield directory


def test_no_room_for_the_log(
    for_a_server: Path,  # asked for first, so that it goes after the disk in it
    make_small_disk: MakeSmallDisk,
    tmp_path: Path,
    many: Delivery,
) -> None:
    own_server = OwnServer(for_a_server / "data")
    try:
        assert own_server.server
        own_server.close()
        disk = make_small_disk(for_a_server / "log", 34 << 10)
        log = own_server.data_directory / "pg_wal"
        shutil.copytree(log, disk.directory, dirs_exist_ok=True)
        for path in (disk.directory, *disk.directory.rglob("*")):
            give_to_server(path, own_server)
        shutil.rmtree(log)
        log.symlink_to(disk.directory)
        database = new_database("postgres", tmp_path, own_server.server)
        run_loader("init", database=database, check=True)

        result = append(database, "-", stdin=many.data)

        # The server refuses the statement, or stops as a whole and cannot start again.
        assert_explained(result, "Nothing was changed", "run this again")
        own_server.crash()
        disk.enlarge()
        assert own_server.server
        assert not is_in(database, many)
        assert_completes(database, many, appended=len(many.events))
    finally:
        own_server.close()


@pytest.mark.parametrize("kilobytes", [400, 800, 1200, 1600])
def test_no_room_for_the_duckdb_file(
    kilobytes: int, make_small_disk: MakeSmallDisk, tmp_path: Path, small: Delivery
) -> None:
    """The file and its log need 1.1 MB to commit, and more to be written into one."""
    disk = make_small_disk(tmp_path / "disk", kilobytes)
    database = new_database("duckdb", disk.directory)
    run_loader("init", database=database, check=True)

    result = append(database, "-", stdin=small.data)

    was_in = kilobytes >= 1200
    if was_in:
        assert result.exit_code == 0, result.stderr
    else:
        assert_explained(result, *FULL)
    disk.enlarge()
    assert is_in(database, small) == was_in
    assert_completes(database, small, appended=0 if was_in else len(small.events))


def test_no_room_for_the_row_groups_of_a_duckdb_file(
    make_small_disk: MakeSmallDisk, tmp_path: Path, many: Delivery
) -> None:
    disk = make_small_disk(tmp_path / "disk", 3 << 10)
    database = new_database("duckdb", disk.directory)
    run_loader("init", database=database, check=True)

    result = append(database, "-", stdin=many.data)

    assert_explained(result, *FULL)
    disk.enlarge()
    assert not is_in(database, many)
    assert_completes(database, many, appended=len(many.events))


def spill_to(database: Database, directory: Path, memory: str = "64MB") -> None:
    """Give DuckDB less memory than it needs, and a directory for what does not fit."""
    path = database.directory / "profiles.yml"
    profiles = yaml.safe_load(path.read_text())
    profiles["event_analytics"]["outputs"]["duckdb"]["settings"] = {
        "memory_limit": memory,
        "temp_directory": str(directory),
    }
    path.write_text(yaml.safe_dump(profiles))


def test_no_room_for_what_duckdb_spills(
    make_raw_tables: MakeRawTables, make_small_disk: MakeSmallDisk, tmp_path: Path, large: Delivery
) -> None:
    database = make_raw_tables("duckdb")
    disk = make_small_disk(tmp_path / "disk", 8 << 10)
    spill_to(database, disk.directory / "spill")

    result = append(database, "-", stdin=large.data)

    assert_explained(result, "make room")
    assert not is_in(database, large)
    disk.enlarge()
    spill_to(database, disk.directory / "spill", memory="256MB")
    assert_completes(database, large, appended=len(large.events))


def test_nowhere_to_spill(make_raw_tables: MakeRawTables, tmp_path: Path, large: Delivery) -> None:
    database = make_raw_tables("duckdb")
    blocked = tmp_path / "a file"
    blocked.touch()
    spill_to(database, blocked / "spill")

    result = append(database, "-", stdin=large.data)

    assert_explained(result, str(database.path))
    assert not is_in(database, large)
    blocked.unlink()
    blocked.mkdir()
    # So little memory may fall short even so: where DuckDB can spill, it does not always.
    spill_to(database, blocked / "spill", memory="256MB")
    assert_completes(database, large, appended=len(large.events))


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory, small: Delivery) -> bytes:
    """The valid events of the small delivery as Parquet, which has to be copied from a pipe."""
    path = tmp_path_factory.mktemp("parquet") / "events.parquet"
    rows = "\n".join(line for line in small.path.read_text().splitlines() if "cut o" not in line)
    lines = path.with_suffix(".jsonl")
    lines.write_text(rows)
    columns = (
        "{event_id: 'uuid', event_name: 'varchar', event_time: 'timestamptz', "
        "user_id: 'varchar', properties: 'varchar'}"
    )
    duckdb.sql(
        f"copy (from read_json('{lines}', columns = {columns}))"
        f" to '{path}' (format parquet, compression uncompressed)"
    )
    return path.read_bytes()


def test_no_room_for_a_copy_of_standard_input(  # noqa: PLR0917 (fixtures)
    engine: Engine,
    make_raw_tables: MakeRawTables,
    make_small_disk: MakeSmallDisk,
    tmp_path: Path,
    parquet: bytes,
    small: Delivery,
) -> None:
    database = make_raw_tables(engine)
    disk = make_small_disk(tmp_path / "disk", 128)
    command = ("append", "-", "--format", "parquet")
    environment = {"TMPDIR": str(disk.directory)}

    result = run_loader_process(*command, database=database, stdin=parquet, env=environment)

    assert_explained(result, *FULL)
    assert database.query("select count(*) from raw.events") == [(0,)]
    assert list(disk.directory.iterdir()) == []
    disk.enlarge()
    again = run_loader_process(*command, database=database, stdin=parquet, env=environment)
    assert again.exit_code == 0, again.stderr
    assert database.query("select count(*) from raw.events") == [(len(small.events),)]
