"""Sends events to a collector as fast as it answers, or at a fixed rate: a process of its own.

At a fixed rate the times at which requests are due are set beforehand, and latency runs from
there. So a collector that stalls is charged for every request that it kept from being sent, which
a client that waits for each answer would not notice (coordinated omission).
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httptools
import uvloop

_TICK = 0.001
_EVENT_ID = re.compile(r'"event_id":"[^"]*"')


class Bodies:
    """Requests with ``batch`` events each, every event under an id of its own.

    ``path`` holds events as JSON lines; they are taken in turn.
    """

    def __init__(self, path: Path, batch: int, key: str) -> None:
        lines = path.read_text().splitlines()
        halves = [_EVENT_ID.split(line, maxsplit=1) for line in lines]
        self._events = [(f'{before}"event_id":"', f'"{after}') for before, after in halves]
        self._batch = batch
        self._next = 0
        self._head = (
            "POST /v1/events HTTP/1.1\r\nHost: collector\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: "
        )

    def make(self) -> bytes:
        """The next request."""
        events = []
        for _ in range(self._batch):
            before, after = self._events[self._next]
            self._next = (self._next + 1) % len(self._events)
            events.append(f"{before}{uuid.uuid4()}{after}")
        body = events[0] if self._batch == 1 else f"[{','.join(events)}]"
        content = body.encode()
        return f"{self._head}{len(content)}\r\n\r\n".encode() + content


@dataclass(frozen=True)
class Plan:
    """How to send: ``rate`` in requests per second, 0 for as many as are answered; times in s."""

    connections: int
    rate: float
    seconds: float
    warm_up: float


class Driver:
    """Keeps connections busy and writes down what comes back."""

    def __init__(self, bodies: Bodies, plan: Plan) -> None:
        self.bodies = bodies
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.idle: deque[_Connection] = deque()
        self.due: deque[float] = deque()
        self.stopped = False
        self._at_fixed_rate = plan.rate > 0
        self._counted_from = time.perf_counter() + plan.warm_up
        self.last_answer = self._counted_from

    def answered(self, connection: _Connection, status: int, since: float) -> None:
        """Note an answer, and send what is next."""
        now = time.perf_counter()
        self.statuses[status] += 1
        if since >= self._counted_from:
            self.latencies.append(now - since)
            self.last_answer = now
        if self._at_fixed_rate:
            self.idle.append(connection)
            self.send_due()
        elif not self.stopped:
            connection.send(now)
        else:
            self.idle.append(connection)

    def send_due(self) -> None:
        """Send what is due, as long as a connection is free."""
        while self.due and self.idle:
            self.idle.popleft().send(self.due.popleft())

    @property
    def seconds(self) -> float:
        """From the end of the warm-up to the last answer."""
        return self.last_answer - self._counted_from


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._since = 0.0
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are transports of another family.
        self._transport = transport

    def send(self, since: float) -> None:
        """Send a request that was due at ``since``."""
        self._since = since
        self._transport.write(self._driver.bodies.make())

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._driver.answered(self, self._parser.get_status_code(), self._since)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._driver.stopped:
            sys.exit(f"The collector closed a connection: {exc}")


async def drive(port: int, bodies: Bodies, plan: Plan) -> Driver:
    """Send as planned, and wait for the last answer."""
    loop = asyncio.get_running_loop()
    driver = Driver(bodies, plan)
    made = [
        (await loop.create_connection(lambda: _Connection(driver), "127.0.0.1", port))[1]
        for _ in range(plan.connections)
    ]
    started = time.perf_counter()
    end = started + plan.warm_up + plan.seconds
    if plan.rate:
        driver.idle.extend(made)
        number = 0
        while (now := time.perf_counter()) < end:
            while (due := started + number / plan.rate) <= now:
                driver.due.append(due)
                number += 1
            driver.send_due()
            await asyncio.sleep(_TICK)
    else:
        for connection in made:
            connection.send(started)
        await asyncio.sleep(end - started)
    driver.stopped = True
    # What is on its way is awaited, so that the table holds what was answered and nothing else.
    while driver.due or len(driver.idle) < plan.connections:
        await asyncio.sleep(_TICK)
    return driver


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--events", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--key", required=True)
@click.option("--batch", type=int, required=True)
@click.option("--connections", type=int, required=True)
@click.option("--rate", type=float, required=True)
@click.option("--seconds", type=float, required=True)
@click.option("--warm-up", type=float, required=True)
def main(  # noqa: PLR0913, PLR0917 (one parameter for each option)
    port: int,
    events: Path,
    key: str,
    batch: int,
    connections: int,
    rate: float,
    seconds: float,
    warm_up: float,
) -> None:
    """Drive a collector on a port of this machine, and print what came of it as JSON."""
    plan = Plan(connections, rate, seconds, warm_up)
    driver = uvloop.run(drive(port, Bodies(events, batch, key), plan))
    cuts = statistics.quantiles(driver.latencies, n=100, method="inclusive")
    found = {
        "requests_per_second": len(driver.latencies) / driver.seconds,
        "events_per_second": len(driver.latencies) * batch / driver.seconds,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "max_ms": max(driver.latencies) * 1000,
        "answered": driver.statuses.total(),
        "refused": driver.statuses.total() - driver.statuses[200],
    }
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
