"""The collector as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector import description, posthog, segment
from collector.committing import Committer
from collector.endpoint import Collector
from collector.metrics import Metrics
from collector.native import Native
from collector.settings import Settings
from collector.writer import Backlog, UnavailableError, Writer
from serving.errors import HttpError, http_error, http_exception, json_response
from serving.keys import Door, SignedTokens, StoredTokens, Tokens
from serving.logs import Log

# Of the SDKs whose requests come from browsers.
_ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "content-encoding",
    "x-retry-count",
    "anonymousid",
)
_DAY_SECONDS = 86_400
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def build_app(  # noqa: PLR0913 (the parts of a collector)
    settings: Settings,
    writer: Writer,
    log: Log,
    *,
    tokens: Tokens | None = None,
    signed: SignedTokens | None = None,
    backlog: Callable[[], Backlog] | None = None,
) -> Starlette:
    """The application; its life span opens and closes the writer.

    Without ``tokens``, those count that are stored in the database, and ``signed`` ones beside
    them. ``backlog`` tells what waits in the stream, where the writer writes to one.
    """
    metrics = Metrics()

    def notify(available: bool, problem: str) -> None:
        if available:
            log.write("info", "database available")
        else:
            log.write("error", "database unavailable", problem=problem)

    committer = Committer(
        writer,
        queue_events=settings.queue_events,
        group_events=settings.group_events,
        metrics=metrics,
        notify=notify,
    )
    if tokens is None:
        tokens = StoredTokens(writer.stamp, lambda: committer.call(writer.directory), signed)
    collector = Collector(
        settings, Door(tokens, settings.requests_per_second, "ingest"), committer, metrics, log
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await committer.start()
        try:
            yield
        finally:
            await committer.stop()

    app = Starlette(
        routes=[
            Route("/v1/events", collector.endpoint("/v1/events", Native()), methods=["POST"]),
            *segment.routes(collector),
            *posthog.routes(collector),
            *_own_routes(collector, _watched(collector, backlog)),
        ],
        exception_handlers={
            HTTPException: http_exception,
            HttpError: http_error,
            Exception: _crash(log),
        },
        lifespan=lifespan,
    )
    # A redirect would make clients send their events twice, or not at all.
    app.router.redirect_slashes = False
    # No cookies are involved, so browsers may deliver from any page.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=_ALLOWED_HEADERS,
        expose_headers=["Retry-After"],
        max_age=_DAY_SECONDS,
    )
    return app


_Look = Callable[[], Awaitable[Backlog | None]]


def _watched(collector: Collector, backlog: Callable[[], Backlog] | None) -> _Look:
    """Looks at the stream, for the probes and the metrics; None where there is none to look at."""
    if backlog is None:
        return _no_backlog
    seen = collector.metrics.watch_stream()

    async def look() -> Backlog | None:
        with suppress(UnavailableError):
            found = await collector.committer.call(backlog)
            seen(found)
            return found
        return None

    return look


async def _no_backlog() -> Backlog | None:
    return None


def _own_routes(collector: Collector, look: _Look) -> list[BaseRoute]:
    async def healthz(request: Request) -> Response:
        del request
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        del request
        backlog = await look()
        if collector.committer.problem is not None:
            problem = "the database cannot be used"
        elif backlog is not None and backlog.full:
            problem = "the stream is full"
        elif collector.committer.full:
            problem = "the queue is full"
        else:
            return json_response({"status": "ready"})
        content = {"status": "not ready", "problem": problem}
        return json_response(content, 503, {"Retry-After": str(collector.settings.retry_after)})

    async def metrics(request: Request) -> Response:
        del request
        await look()
        return Response(collector.metrics.text(), headers={"Content-Type": _METRICS_TYPE})

    async def openapi(request: Request) -> Response:
        del request
        return json_response(description.openapi())

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/openapi.json", openapi),
    ]


def _crash(log: Log) -> Callable[[Request, Exception], Response]:
    """A defect of the collector; the log gets its kind, since its text could hold an event."""

    def crash(request: Request, error: Exception) -> Response:
        log.write("error", "defect", route=request.url.path, kind=type(error).__name__)
        return HttpError(500, "internal", "The collector failed.", "").response()

    return crash
