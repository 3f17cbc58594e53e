"""What Prometheus reads at ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from collector.intake import BUFFERED, Batch
from collector.writer import Backlog
from loader.contract import Event
from loader.stores.groups import APPENDED

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_DEFAULT = ""


class Metrics:
    """The metrics of one collector, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._events = Counter(
            "collector_events",
            "Events by what became of them and by organisation (empty: the default schemas).",
            ["outcome", "organisation"],
            registry=self.registry,
        )
        self._requests = Counter(
            "collector_requests",
            "Requests that were answered, by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "collector_request_seconds",
            "From the head of a request to its answer.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batch_events = Histogram(
            "collector_batch_events",
            "Events of one request.",
            buckets=_EVENTS,
            registry=self.registry,
        )
        self._commit_seconds = Histogram(
            "collector_commit_seconds",
            "Time of one transaction, from its beginning to the end of its commit.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commit_events = Histogram(
            "collector_commit_events",
            "Events that shared a commit.",
            buckets=_EVENTS,
            registry=self.registry,
        )
        self._commit_requests = Histogram(
            "collector_commit_requests",
            "Requests that shared a commit.",
            buckets=_EVENTS,
            registry=self.registry,
        )
        self.database_up = Gauge(
            "collector_database_up",
            "1 while the database can be written to.",
            registry=self.registry,
        )
        self._newest = Gauge(
            "collector_newest_event_timestamp_seconds",
            "Event time of the newest event that was taken, in seconds since 1970.",
            ["organisation"],
            registry=self.registry,
        )
        self._newest_seen: dict[str, float] = {}

    def watch(self, waiting_events: Callable[[], float], held_bytes: Callable[[], float]) -> None:
        """Read the queue and the buffer whenever somebody asks."""
        queue = Gauge(
            "collector_queue_events", "Events that wait for a commit.", registry=self.registry
        )
        queue.set_function(waiting_events)
        held = Gauge(
            "collector_buffer_bytes", "Bytes of the requests at hand.", registry=self.registry
        )
        held.set_function(held_bytes)

    def watch_stream(self) -> Callable[[Backlog], None]:
        """What to call with the backlog of the stream before somebody reads the metrics."""
        entries = Gauge(
            "collector_stream_entries",
            "Requests that wait in the stream for collector drain.",
            registry=self.registry,
        )
        pending = Gauge(
            "collector_stream_pending",
            "Requests that a drain has taken and not acknowledged.",
            registry=self.registry,
        )
        oldest = Gauge(
            "collector_stream_oldest_seconds",
            "For how long the oldest request has waited in the stream; 0 where none waits.",
            registry=self.registry,
        )

        def seen(backlog: Backlog) -> None:
            entries.set(backlog.entries)
            pending.set(backlog.pending)
            oldest.set(backlog.oldest_seconds)

        return seen

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.observe(seconds)

    def delivered(self, batch: Batch) -> None:
        """Count the events of a request that was answered with success."""
        organisation = batch.organisation or _DEFAULT
        for outcome, number in batch.counts().items():
            if number:
                self._events.labels(outcome, organisation).inc(number)
        self._batch_events.observe(len(batch.items))
        times = [
            item.result.event_time
            for item in batch.items
            if item.outcome in (APPENDED, BUFFERED) and isinstance(item.result, Event)
        ]
        if times:
            newest = max(times).timestamp()
            if newest > self._newest_seen.get(organisation, float("-inf")):
                self._newest_seen[organisation] = newest
                self._newest.labels(organisation).set(newest)

    def committed(self, requests: int, events: int, seconds: float) -> None:
        """Count a commit."""
        self._commit_requests.observe(requests)
        self._commit_events.observe(events)
        self._commit_seconds.observe(seconds)

    def text(self) -> bytes:
        """The exposition in Prometheus' text format."""
        return generate_latest(self.registry)
