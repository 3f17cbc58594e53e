"""Clients that send numbered events as fast as they can, and know what was acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.collector.running import KEY

_PAUSE = 0.02


def seeded(seed: str) -> random.Random:
    """Choices that are the same in every run."""
    return random.Random(seed)  # noqa: S311 (no secret)


@dataclass
class Sender:
    """One client: it sends batch after batch, each until it is answered with 200.

    Attributes:
        url: Asked before each try, since a collector that starts again has another port.
        acknowledged: Ids of the events that were answered for, each once.
        sent: Ids of all events that were sent at all.
    """

    name: str
    url: Callable[[], str]
    random: random.Random
    acknowledged: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    problem: str = ""

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self, patience: float = 60) -> None:
        """End with the batch at hand, once that has been acknowledged."""
        self._stop.set()
        self._thread.join(patience)
        assert not self._thread.is_alive(), f"{self.name} never got its last batch through"
        assert not self.problem, self.problem

    def _run(self) -> None:
        number = 0
        with httpx.Client(timeout=20) as client:
            while not self._stop.is_set():
                size = self.random.choice((1, 1, 2, 20))
                batch = [self._event(number + offset) for offset in range(size)]
                number += size
                self.sent += [event["id"] for event in batch]
                if not self._deliver(client, batch):
                    return

    def _deliver(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        body = json.dumps(batch)
        while True:
            try:
                answer = client.post(
                    f"{self.url()}/v1/events",
                    content=body,
                    headers={"Authorization": f"Bearer {KEY}"},
                )
            except httpx.HTTPError:
                time.sleep(_PAUSE)
                continue
            self.answers.append(answer.status_code)
            if answer.status_code == 200:
                return self._check(batch, answer.json())
            if answer.status_code != 503:
                self.problem = f"{answer.status_code}: {answer.text}"
                return False
            time.sleep(_PAUSE)

    def _check(self, batch: list[dict[str, Any]], content: dict[str, Any]) -> bool:
        outcomes = {result["outcome"] for result in content["results"]}
        if outcomes <= {"appended", "duplicate", "buffered"} and len(content["results"]) == len(
            batch
        ):
            self.acknowledged += [event["id"] for event in batch]
            return True
        self.problem = f"unexpected answer: {content}"
        return False

    def _event(self, number: int) -> dict[str, Any]:
        return {
            "id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "event": "numbered",
            "user_id": self.name,
            "timestamp": "2026-03-01T09:30:00Z",
            "properties": {"number": number},
        }
