"""The server as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from query import openapi, openapi_page
from query.catalog import Catalog
from query.databases.base import Database
from query.graphql.routes import paths as graphql_paths
from query.graphql.routes import routes as graphql_routes
from query.mcp.assistant import Assistant
from query.mcp.http import McpEndpoint
from query.metrics.answers import Metrics
from query.metrics.layer import Layer
from query.metrics.openapi import paths as metric_paths
from query.metrics.routes import routes as metric_routes
from query.prometheus import MEDIA_TYPE
from query.reports import routes as reports
from query.reports.openapi import paths as report_paths
from query.service import Service
from query.settings import Settings
from serving.errors import HttpError, http_error, http_exception, json_response
from serving.keys import Anyone, Door, SignedTokens, StoredTokens, Tokens
from serving.logs import Log

_HEADERS = (
    "As-Of-Date",
    "Data-Changed",
    "Data-State",
    "Delivery-Id",
    "ETag",
    "Link",
    "Next-Cursor",
    "Retry-After",
)
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Part:
    """One way to ask: its routes, and what OpenAPI says of them."""

    routes: Callable[[Service], list[BaseRoute]]
    paths: Callable[[Service], Mapping[str, Any]]


def _parts(metrics: Metrics | None, mcp: McpEndpoint) -> Iterator[Part]:
    """All ways to ask, in the order in which they are described."""
    yield Part(reports.routes, report_paths)
    if metrics is not None:
        yield Part(partial(metric_routes, metrics=metrics), lambda _: metric_paths(metrics.layer))
    yield Part(partial(graphql_routes, metrics=metrics), graphql_paths)
    # what it can do, clients ask of itself
    yield Part(lambda _: [mcp.route()], lambda _: {})


def build_app(  # noqa: PLR0913 (the parts of a server)
    settings: Settings,
    catalog: Catalog,
    database: Database,
    log: Log,
    *,
    layer: Layer | None = None,
    tokens: Tokens | None = None,
    signed: SignedTokens | None = None,
    origins: Sequence[str] = (),
    page: Path | None = None,
) -> Starlette:
    """The application; its life span opens and closes the database.

    Args:
        settings: Limits and habits.
        catalog: The public views.
        database: What is asked.
        log: Where requests are noted.
        layer: The metrics; None where the project has none.
        tokens: Who may ask; unless given, who has a token that the database knows.
        signed: JWTs that count beside these.
        origins: Pages that browsers may ask from; `*` for all.
        page: A file that is served at `/`, to anybody.
    """
    if tokens is None:
        tokens = StoredTokens(database.stamp, database.directory, signed)
    door = Door(tokens, settings.requests_per_second, "query")
    service = Service(settings, catalog, database, door, log)
    seconds = settings.query_timeout
    metrics = Metrics(layer, database, timeout=seconds) if layer is not None else None
    assistant = Assistant(catalog, metrics, database, timeout=seconds)
    mcp = McpEndpoint(service, assistant, needs_token=not isinstance(tokens, Anyone))
    parts = tuple(_parts(metrics, mcp))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await database.open()
        try:
            async with mcp.running():
                yield
        finally:
            await database.close()

    routes = [route for part in parts for route in part.routes(service)]
    app = Starlette(
        routes=[*routes, *_own_routes(service, page, parts)],
        exception_handlers={
            HTTPException: partial(http_exception, not_found="GET /docs lists what there is."),
            HttpError: http_error,
            Exception: _crash(log),
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "if-none-match"],
            expose_headers=_HEADERS,
            max_age=_DAY_SECONDS,
        )
    return app


def _own_routes(service: Service, page: Path | None, parts: Sequence[Part]) -> list[BaseRoute]:
    paths = {path: item for part in parts for path, item in part.paths(service).items()}
    description = openapi.describe(paths, service.catalog)
    described = openapi_page.render(description)

    async def healthz(request: Request) -> Response:
        del request
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        del request
        if not await service.is_ready():
            return service.not_ready().response()
        return json_response({"status": "ready"})

    async def metrics(request: Request) -> Response:
        del request
        await service.is_ready()
        return Response(service.counters.text(), headers={"Content-Type": MEDIA_TYPE})

    async def spec(request: Request) -> Response:
        del request
        return json_response(description)

    async def docs(request: Request) -> Response:
        del request
        return HTMLResponse(described, headers={"Content-Security-Policy": openapi_page.POLICY})

    async def front(request: Request) -> Response:
        del request
        if page is None or not page.is_file():
            return HTMLResponse(described, headers={"Content-Security-Policy": openapi_page.POLICY})
        return FileResponse(page, media_type="text/html", headers={"Cache-Control": "no-cache"})

    return [
        Route("/", front),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/openapi.json", spec),
        Route("/docs", docs),
    ]


def _crash(log: Log) -> Callable[[Request, Exception], Response]:
    """A defect; the log gets its kind, since its text could hold somebody's data."""

    def crash(request: Request, error: Exception) -> Response:
        del request
        log.write("error", "defect", kind=type(error).__name__)
        return HttpError(500, "internal", "The server failed.", "").response()

    return crash
