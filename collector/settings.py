"""The collector's settings and their defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from loader.contract import (
    DEFAULT_EARLIEST,
    DEFAULT_FUTURE_TOLERANCE,
    DEFAULT_MAX_BYTES,
    Contract,
)
from loader.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Limits and habits of a collector; sizes in bytes, times in seconds."""

    #: A request's body as it comes over the wire, and after decompression.
    max_body_bytes: int = 8 << 20
    max_inflated_bytes: int = 32 << 20
    #: Events of one request, and bytes of one event.
    max_events: int = 10_000
    max_event_bytes: int = DEFAULT_MAX_BYTES
    #: Requests of one token in a second, on average; 0 for no limit.
    requests_per_second: float = 2_000.0
    #: Events that may wait for a commit, and bytes of all requests at hand.
    queue_events: int = 50_000
    buffer_bytes: int = 128 << 20
    #: Events that share a commit.
    group_events: int = 5_000
    #: How long a body may take to arrive, and a commit to be confirmed.
    body_timeout: float = 30.0
    commit_timeout: float = 30.0
    #: What Retry-After asks for when the database is down or the queue full.
    retry_after: int = 1
    #: After how long without events another program may have a DuckDB file, and how long to wait
    #: for one that another program has.
    release_after: float = 1.0
    lock_timeout: float = 5.0
    #: How far the time of sending and that of arrival may be apart before a clock counts as wrong.
    clock_tolerance: float = 60.0
    earliest: datetime = DEFAULT_EARLIEST
    future_tolerance: timedelta = DEFAULT_FUTURE_TOLERANCE

    def __post_init__(self) -> None:
        if self.queue_events < self.max_events:
            raise UsageError(
                f"--queue-events {self.queue_events} is less than --max-events {self.max_events}: "
                "the queue must hold at least one request."
            )
        if self.max_inflated_bytes < self.max_body_bytes:
            raise UsageError(
                f"--max-inflated-bytes {self.max_inflated_bytes} is less than "
                f"--max-body-bytes {self.max_body_bytes}."
            )
        if self.buffer_bytes < self.max_body_bytes + self.max_inflated_bytes:
            raise UsageError(
                f"--buffer-bytes {self.buffer_bytes} holds no request of the largest size: it "
                "takes --max-body-bytes and --max-inflated-bytes together."
            )

    def contract(self, now: datetime) -> Contract:
        """The contract for events that arrive at ``now``.

        A clock that is ahead within its tolerance is not corrected, so its events are never from
        too far in the future.
        """
        return Contract(
            latest=now + max(self.future_tolerance, timedelta(seconds=self.clock_tolerance)),
            earliest=self.earliest,
            max_bytes=self.max_event_bytes,
        )
