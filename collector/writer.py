"""What the collector needs of a writer, and what keeps one from writing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from collector.intake import Batch
from loader.organisations import target_of
from loader.stores.groups import DeletedError, Tables, settle
from loader.targets import Target
from serving.tokens import Directory


class UnavailableError(Exception):
    """The database cannot be reached or used for now; a sentence says why."""


class RefusedError(Exception):
    """The database refuses these very events, which the contract let through."""


class FullError(Exception):
    """A stream had room for the first ``taken`` batches only, which are safe."""

    def __init__(self, taken: int) -> None:
        super().__init__("The stream is full.")
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a stream: requests, those of them that a drain has, the age of the oldest."""

    entries: int
    pending: int
    oldest_seconds: float
    full: bool


class Writer(Protocol):
    """The one writer of a collector, used by one thread."""

    def open(self) -> None:
        """Make sure that the database can be written to; raises UnavailableError."""
        ...

    def write(self, batches: Sequence[Batch]) -> None:
        """Append all batches in one transaction and set the outcome of each item.

        Returns after the commit. Raises UnavailableError or RefusedError; then nothing was
        appended, or, where the connection broke during the commit, nobody knows. Raises
        FullError where a stream had room for some of the batches only.
        """
        ...

    def directory(self) -> Directory:
        """The tokens and organisations that the database knows; raises UnavailableError."""
        ...

    def stamp(self) -> object:
        """Something else as soon as another program may have changed the directory.

        Called in any thread.
        """
        ...

    def idle(self) -> None:
        """Called about every second in which nothing is to be written."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def append(target: Target, batches: Sequence[Batch], tables: Callable[[str], Tables]) -> None:
    """Append in the open transaction, and set the outcome of each item.

    ``tables`` makes those of a schema. Raises UnavailableError where events vanish meanwhile.
    """
    found: dict[str | None, list[Batch]] = defaultdict(list)
    for batch in batches:
        found[batch.organisation].append(batch)
    try:
        for organisation, own in found.items():
            settle(tables(target_of(target, organisation).raw_schema), own)
    except DeletedError as error:
        raise UnavailableError("Events were deleted while others of their ids came.") from error
