"""What a lake consists of: deliveries, each one object, and numbered states that sum them up.

A delivery is in the lake once the object that is called after its content is there; a second
writer of the same content finds it, so no lock is needed. What replaces files (compaction,
removals) writes the next state, which holds all that is in the lake by then. Two that write the
same number at once cannot both succeed: the second begins again. A reader takes the highest state
and the deliveries that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from loader.errors import LoaderError
from loader.lake.storage import Storage, read_all

#: What hive calls the partition of no value: that of the events of no organisation.
NO_ORGANISATION = "__HIVE_DEFAULT_PARTITION__"
_TICK = timedelta(microseconds=1)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of events of one month; times are ISO 8601 in UTC, both ends included."""

    name: str
    rows: int
    size: int
    month: str
    first_event_at: str
    last_event_at: str
    first_ingested_at: str
    last_ingested_at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of `raw.deliveries`; ``digest`` says of which content, "" where none was new.

    ``rejected_file`` holds its rejected rows, if any.
    """

    delivery_id: str
    digest: str
    source: str
    delivered_at: str
    read: int
    appended: int
    duplicate: int
    conflicting: int
    rejected: int
    rejected_file: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """All that is in the lake of one organisation.

    ``keys`` are the names of the objects that it includes; ``tables`` names, for each table of
    removals, its Parquet files; ``withdrawn`` counts how often a content was taken out, so that it
    may come again; ``superseded`` are files that others stand for, and since when.
    """

    number: int = 0
    keys: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    files: tuple[DataFile, ...] = ()
    rejected_files: tuple[str, ...] = ()
    tables: dict[str, list[str]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)

    def has(self, digest: str) -> bool:
        """Whether a content was delivered, and is not withdrawn."""
        return bool(digest) and any(found.digest == digest for found in self.deliveries)

    def key_of(self, digest: str) -> str:
        """The name of the object by which a content comes in, anew after each withdrawal."""
        return f"{digest}-{self.withdrawn.get(digest, 0)}"

    def with_commit(
        self, key: str, deliveries: Iterable[Delivery], files: Iterable[DataFile]
    ) -> State:
        """The same with an object of deliveries."""
        brought = tuple(deliveries)
        rejected = tuple(found.rejected_file for found in brought if found.rejected_file)
        return replace(
            self,
            keys=(*self.keys, key),
            deliveries=(*self.deliveries, *brought),
            files=(*self.files, *files),
            rejected_files=(*self.rejected_files, *rejected),
        )


class Manifest:
    """The manifest of one organisation of a lake; None is the one of no organisation."""

    def __init__(self, storage: Storage, organisation: str | None) -> None:
        self.storage = storage
        self.partition = f"org={organisation or NO_ORGANISATION}"
        self._folder = f"_manifest/{self.partition}"
        # Objects never change, so each is read once.
        self._read: dict[str, bytes] = {}

    def exists(self) -> bool:
        """Whether it was created."""
        return self.storage.read(self._state_name(0)) is not None

    def create(self) -> bool:
        """Create it; whether it was not there."""
        return self.storage.create(self._state_name(0), _dump(State()))

    def load(self) -> State | None:
        """The state as of now; None where there is none."""
        # Deliveries first: what is in a state that is written meanwhile is then known twice, never
        # not at all.
        keys = self.keys()
        numbers = self.storage.names(f"{self._folder}/states")
        if not numbers:
            return None
        state = _load(self.storage, numbers[-1])
        known = set(state.keys)
        new = [key for key in keys if key not in known]
        unread = [key for key in new if key not in self._read]
        contents = read_all(self.storage, [self._delivery_name(key) for key in unread])
        self._read.update(zip(unread, contents, strict=True))
        for key in new:
            found = json.loads(self._read[key])
            state = state.with_commit(
                key,
                [Delivery(**delivery) for delivery in found["deliveries"]],
                [DataFile(**file) for file in found["files"]],
            )
        return state

    def keys(self) -> list[str]:
        """The names of the objects of deliveries that are there now, sorted."""
        return [_stem(name) for name in self.storage.names(f"{self._folder}/deliveries")]

    def unsummed(self) -> int:
        """How many deliveries the highest state does not include."""
        numbers = self.storage.names(f"{self._folder}/states")
        return len(set(self.keys()) - set(_load(self.storage, numbers[-1]).keys))

    def old_names(self, before: datetime) -> list[str]:
        """What of the manifest nobody needs any more, of all that was written before a time.

        That are objects of deliveries that a state of that age includes, so that no reader can
        know an earlier one only; times that were taken; and states but the first, by which a lake
        is known, and the two last.
        """
        ages = self.storage.ages(self._folder)
        old = {name for name, written in ages.items() if written < before}
        states = sorted(name for name in ages if name.startswith(f"{self._folder}/states/"))
        included: set[str] = set()
        if of_age := [name for name in states if name in old]:
            keys = _load(self.storage, of_age[-1]).keys
            included = {self._delivery_name(key) for key in keys}
        times = {name for name in ages if name.startswith(f"{self._folder}/times/")}
        return sorted((included | set(states[1:-2]) | times) & old)

    def append(self, key: str, deliveries: Sequence[Delivery], files: Sequence[DataFile]) -> bool:
        """Let deliveries be in the lake; False where another writer has brought the same."""
        content = {
            "format": _FORMAT,
            "deliveries": [asdict(delivery) for delivery in deliveries],
            "files": [asdict(file) for file in files],
        }
        return self.storage.create(
            self._delivery_name(key), json.dumps(content, ensure_ascii=False).encode()
        )

    def advance(self, state: State) -> bool:
        """Write a state as the one after its number; False where another process was first."""
        following = replace(state, number=state.number + 1)
        return self.storage.create(self._state_name(following.number), _dump(following))

    def take_time(self, state: State) -> datetime:
        """A time for a delivery (UTC): now, or the next microsecond that nobody has taken."""
        now = datetime.now(UTC)
        taken = [datetime.fromisoformat(found.delivered_at) for found in state.deliveries]
        # one of a clock that is far ahead must not take all others along
        latest = max((at for at in taken if at < now + timedelta(days=1)), default=now)
        moment = max(now, latest + _TICK)
        while not self.storage.create(f"{self._folder}/times/{moment:%Y%m%dT%H%M%S.%f}", b""):
            moment += _TICK
        return moment

    def _state_name(self, number: int) -> str:
        return f"{self._folder}/states/{number:012}.json"

    def _delivery_name(self, key: str) -> str:
        return f"{self._folder}/deliveries/{key}.json"


def instant_text(moment: datetime) -> str:
    """An instant as the manifest has it: in UTC and always as long, so that texts sort by time."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00"


def organisations_in(storage: Storage) -> list[str]:
    """The organisations that a lake has, sorted."""
    names = storage.names("_manifest")
    found = {name.split("/")[1].removeprefix("org=") for name in names if "/states/" in name}
    return sorted(found - {NO_ORGANISATION})


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".json")


def _dump(state: State) -> bytes:
    return json.dumps({"format": _FORMAT, **asdict(state)}, ensure_ascii=False).encode()


def _load(storage: Storage, name: str) -> State:
    [content] = read_all(storage, [name])
    found: dict[str, Any] = json.loads(content)
    if found.pop("format") != _FORMAT:
        raise LoaderError(
            f"{storage.place(name)} was written by a later version of the loader. Update this one."
        )
    return State(
        number=found["number"],
        keys=tuple(found["keys"]),
        deliveries=tuple(Delivery(**delivery) for delivery in found["deliveries"]),
        files=tuple(DataFile(**file) for file in found["files"]),
        rejected_files=tuple(found["rejected_files"]),
        tables=found["tables"],
        withdrawn=found["withdrawn"],
        superseded=found["superseded"],
    )
