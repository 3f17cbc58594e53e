"""Sends what is in the outbox. Nobody has to wait for the database meanwhile: it is not open."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from loader.targets import Target
from query.alerts import outbox
from query.alerts.config import Receiver
from query.alerts.database import alerting
from query.alerts.messages import Message
from query.alerts.outbox import Outcome
from query.alerts.receivers import Sender, open_sender

_THREADS = 8
_MOST_AT_ONCE = 64


@dataclass(frozen=True)
class Patience:
    """Seconds.

    ``lock`` is how long a DuckDB file that somebody else holds is waited for, ``claim`` after what
    time another run takes over what this one has begun to send, which is far longer than that
    takes. ``wait`` is how long messages that could not be delivered at once are tried again before
    they are left to the next run.
    """

    lock: float = 60.0
    claim: float = 120.0
    wait: float = 30.0


@dataclass
class Delivered:
    """What became of messages: how many arrived, and the last error of each receiver."""

    arrived: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    next_due: datetime | None = None

    def note(self, outcomes: Iterable[tuple[Message, Outcome | None]]) -> None:
        """Count them; what arrives ends the error of before."""
        for message, outcome in outcomes:
            if outcome is not None and outcome.error is None:
                self.arrived += 1
                self.errors.pop(message.receiver, None)
            elif outcome is not None and outcome.error is not None:
                self.errors[message.receiver] = outcome.error


@contextmanager
def open_senders(receivers: Sequence[Receiver]) -> Iterator[dict[str, Sender]]:
    """What sends to each receiver. Raises LoaderError for one that cannot be used."""
    with ExitStack() as stack:
        senders = {}
        for receiver in receivers:
            senders[receiver.name] = open_sender(receiver)
            stack.callback(senders[receiver.name].close)
        yield senders


def deliver(
    target: Target,
    senders: Mapping[str, Sender],
    patience: Patience,
    stopped: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Send what is due, and what becomes due within ``patience.wait``, until that is through.

    Each is sent by one run at a time. What a run that is killed had begun to send, another one
    sends again under the same id. Raises LoaderError where the database cannot be used.
    """
    by = f"{os.getpid()}-{secrets.token_hex(4)}"
    delivered = Delivered()
    deadline = time.monotonic() + patience.wait
    outcomes: list[tuple[Message, Outcome | None]] = []
    while True:
        begun = time.monotonic()
        with alerting(target, "delivering alerts", wait_seconds=patience.lock) as session:
            now = datetime.now(UTC)
            outbox.record(session, outcomes, now, by=by)
            until = now + timedelta(seconds=patience.claim)
            claimed = (
                []
                if stopped()
                else outbox.claim(
                    session, senders.keys(), now, by=by, until=until, limit=_MOST_AT_ONCE
                )
            )
            if not claimed:
                outbox.tidy(session, now)
                delivered.next_due = outbox.next_due(session, senders.keys(), now)
        outcomes = []
        if claimed:
            outcomes = send_all(claimed, senders, begun + patience.claim / 2)
            delivered.note(outcomes)
            continue
        pause = _pause(delivered.next_due, deadline)
        if pause is None or stopped():
            return delivered
        time.sleep(pause)


def send_all(
    messages: Sequence[Message], senders: Mapping[str, Sender], deadline: float
) -> list[tuple[Message, Outcome | None]]:
    """Send them, several at a time; None for what was not tried.

    That is what was still to be begun at ``deadline`` (of the monotonic clock), as another run may
    then soon have it, and what is for a receiver that did not take the one before.
    """
    down: set[str] = set()
    lock = threading.Lock()

    def send(message: Message) -> Outcome | None:
        with lock:
            if message.receiver in down or time.monotonic() > deadline:
                return None
        outcome = senders[message.receiver].send(message)
        if outcome.is_down:
            with lock:
                down.add(message.receiver)
        return outcome

    with ThreadPoolExecutor(min(_THREADS, len(messages))) as threads:
        return list(zip(messages, threads.map(send, messages), strict=True))


def _pause(next_due: datetime | None, deadline: float) -> float | None:
    """Seconds until something is due; None where that is beyond the deadline."""
    if next_due is None:
        return None
    seconds = max(0.05, (next_due - datetime.now(UTC)).total_seconds())
    return seconds if time.monotonic() + seconds < deadline else None
