"""What Prometheus reads at ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from query.databases.base import State

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 5, 10, 30)
_DEFAULT = ""
#: What the exposition is served as.
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Counters:
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "query_requests",
            "Requests that were answered, by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "query_request_seconds",
            "From the head of a request to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "query_answers",
            "Answers by where they came from: computed, cached, or unchanged (304).",
            ["origin"],
            registry=self.registry,
        )
        self._running = Gauge(
            "query_running", "Questions that are being computed.", registry=self.registry
        )
        self.database_up = Gauge(
            "query_database_up", "1 while the database can be asked.", registry=self.registry
        )
        self._delivery = Gauge(
            "query_latest_delivery_timestamp_seconds",
            "When the latest delivery came that answers hold, in seconds since 1970.",
            ["organisation"],
            registry=self.registry,
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def origin(self, origin: str) -> None:
        """Count an answer: computed, cached or unchanged."""
        self._answers.labels(origin).inc()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count a question while it is computed."""
        self._running.inc()
        try:
            yield
        finally:
            self._running.dec()

    def seen(self, organisation: str | None, state: State) -> None:
        """Note what the data are."""
        if state.delivery is not None:
            moment = state.delivery.delivered_at.timestamp()
            self._delivery.labels(organisation or _DEFAULT).set(moment)

    def text(self) -> bytes:
        """The exposition in Prometheus' text format."""
        return generate_latest(self.registry)
