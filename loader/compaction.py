"""``loader compact``: many small files of a lake into few, and away with what nobody needs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

import duckdb

from loader import quiet_duckdb
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.lake.manifest import DataFile, Manifest, State, instant_text
from loader.lake.parquet import parquet, write_events
from loader.lake.repeats import find_repeats
from loader.lake.tables import manifest_of
from loader.stores.spill import SpillDirectory
from loader.stores.stage import MEMORY
from loader.targets import Target

DEFAULT_GRACE = timedelta(hours=48)
#: Files of at least so many bytes stay as they are.
DEFAULT_FILE_BYTES = 256 << 20
# No append takes longer from its first file to its commit.
_LONGEST_APPEND = timedelta(days=1)
_ATTEMPTS = 5


@dataclass(slots=True)
class Compaction:
    """What was done: files that were merged, those that hold their rows now, and files removed.

    ``repeats`` counts rows that were left out, as an earlier delivery has the same event.
    """

    merged: int = 0
    written: int = 0
    rows: int = 0
    repeats: int = 0
    removed: int = 0

    def add(self, other: Compaction) -> None:
        """Add the counts of another one."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(slots=True)
class _Merged:
    """Files and those that stand for them."""

    old: list[DataFile]
    new: list[DataFile] = field(default_factory=list)
    repeats: int = 0


def compact(
    target: Target,
    *,
    grace: timedelta = DEFAULT_GRACE,
    file_bytes: int = DEFAULT_FILE_BYTES,
) -> Compaction:
    """Merge the small files of each month, and remove files that others have stood for since.

    Those who read or append meanwhile notice nothing, as long as nobody works for longer than
    ``grace`` on what was in the lake when they began. Raises LoaderError.
    """
    manifest = manifest_of(target)
    done = Compaction()
    with database_errors(target, "compacting"):
        state = manifest.load()
        if state is None:
            raise LoaderError(target.no_raw_tables)
        with _lane(manifest) as lane:
            for group in _groups(state.files, file_bytes):
                try:
                    merged = _merge(lane, manifest, group)
                except (duckdb.Error, OSError):
                    if _has(manifest.load(), group):
                        raise
                    continue  # another compaction has merged these files, and removed them
                if not _replace(manifest, merged):
                    for file in merged.new:
                        manifest.storage.remove(file.name)
                    continue
                done.merged += len(merged.old)
                done.written += len(merged.new)
                done.rows += sum(file.rows for file in merged.new)
                done.repeats += merged.repeats
        _clear(manifest, datetime.now(UTC), grace, done)
    return done


def _groups(files: Sequence[DataFile], file_bytes: int) -> Iterator[list[DataFile]]:
    """Small files of one month, as many as make a large one."""
    small = sorted(
        (file for file in files if file.size < file_bytes),
        key=lambda file: (file.month, file.size),
    )
    for _, of_month in itertools.groupby(small, key=lambda file: file.month):
        group: list[DataFile] = []
        size = 0
        for file in of_month:
            group.append(file)
            size += file.size
            if size >= file_bytes:
                yield group
                group, size = [], 0
        if len(group) > 1:
            yield group


@contextmanager
def _lane(manifest: Manifest) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = SpillDirectory()
    config = {"memory_limit": MEMORY, "temp_directory": str(spill.path)}
    try:
        with quiet_duckdb.connect(config=config) as lane:
            manifest.storage.let_read(lane)
            yield lane
    finally:
        spill.remove()


def _merge(lane: duckdb.DuckDBPyConnection, manifest: Manifest, group: list[DataFile]) -> _Merged:
    """Write the rows of files into one, without those that are there twice and alike.

    Rows that differ under one id stay, since a build has to report them.
    """
    names = [file.name for file in group]
    storage = manifest.storage
    times = lane.execute(
        "select distinct strftime(ingested_at, '%Y-%m-%dT%H:%M:%S.%f+00:00') "
        f"from {parquet(storage, names)}"
    ).fetchall()
    find_repeats(lane, storage, group, [moment for (moment,) in times])
    [(repeats,)] = lane.execute("select count(*) from lake_found where not is_conflict").fetchall()
    rows = f"select * from {parquet(storage, names, ', hive_partitioning = false')}"
    if repeats:
        rows += """
            where (event_id, ingested_at) not in (
                select (event_id::varchar, ingested_at) from lake_found where not is_conflict
            )
        """
    return _Merged(group, write_events(lane, manifest, rows), repeats)


def _has(state: State | None, files: Sequence[DataFile]) -> TypeGuard[State]:
    """Whether these files are all in the lake."""
    names = {file.name for file in files}
    return state is not None and names <= {file.name for file in state.files}


def _replace(manifest: Manifest, merged: _Merged) -> bool:
    """Let new files stand for old ones; False where these have gone meanwhile."""
    now = instant_text(datetime.now(UTC))
    old = {file.name for file in merged.old}
    for _ in range(_ATTEMPTS):
        state = manifest.load()
        if not _has(state, merged.old):
            return False
        following = replace(
            state,
            files=(*(file for file in state.files if file.name not in old), *merged.new),
            superseded={**state.superseded, **dict.fromkeys(old, now)},
        )
        if manifest.advance(following):
            return True
    return False


def _clear(manifest: Manifest, now: datetime, grace: timedelta, done: Compaction) -> None:
    """Remove what nobody reads any more: files, objects and states of the manifest."""
    storage = manifest.storage
    state = manifest.load()
    if state is None:
        return
    before = instant_text(now - grace)
    gone = {name for name, since in state.superseded.items() if since < before}
    for name in sorted(gone):
        storage.remove(name)
    done.removed += len(gone)
    # what was written and never let in, by an append that has died
    needed = set(state.superseded) | {file.name for file in state.files}
    needed |= set(state.rejected_files) | {n for names in state.tables.values() for n in names}
    abandoned = now - max(grace, _LONGEST_APPEND)
    for folder in ("events", "rejected", "removals"):
        for name, written in storage.ages(f"{folder}/{manifest.partition}").items():
            if name not in needed and written < abandoned:
                storage.remove(name)
                done.removed += 1
    _sum_up(manifest, state, gone, abandoned)


def _sum_up(manifest: Manifest, state: State, gone: set[str], before: datetime) -> None:
    """Write a state with all deliveries, and remove the objects that it stands for."""
    old = manifest.old_names(before)
    superseded = {name: at for name, at in state.superseded.items() if name not in gone}
    listed = set(manifest.keys())
    keys = tuple(key for key in state.keys if key in listed)
    if keys != state.keys or gone or manifest.unsummed():
        following = replace(state, superseded=superseded, keys=keys)
        if not manifest.advance(following):
            return  # whoever was first has summed up, too
    for name in old:
        manifest.storage.remove(name)
