"""The same tools over HTTP, at /mcp, for who has a token."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from query.mcp.assistant import Assistant
from query.mcp.server import build_server
from query.service import Service
from serving.errors import HttpError
from serving.grants import Grant

PATH = "/mcp"
_GRANT = "query.grant"
# A page that a browser shows could ask a server on loopback that asks for no token, under a name
# of its own that leads there.
_LOOPBACK = TransportSecuritySettings(
    enable_dns_rebinding_protection=True,
    allowed_hosts=["127.0.0.1:*", "localhost:*", "[::1]:*"],
    allowed_origins=["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"],
)
_ANYWHERE = TransportSecuritySettings(enable_dns_rebinding_protection=False)


class McpEndpoint:
    """The endpoint. Nothing is kept between two requests, so any number of servers may share them.

    Enter `running` before the first request.
    """

    def __init__(self, service: Service, assistant: Assistant, *, needs_token: bool) -> None:
        self._service = service
        self._server = build_server(assistant, _organisation)
        self._app = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=service.settings.max_body_bytes,
            transport_security=_ANYWHERE if needs_token else _LOOPBACK,
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """For as long as requests are answered."""
        return self._server.session_manager.run()

    def route(self) -> Route:
        """Where it is."""
        return Route(PATH, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who may, and answer."""
        try:
            scope[_GRANT] = await self._service.admit(Request(scope))
        except HttpError as error:
            await error.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _organisation(context: Context[Any, Any]) -> str | None:
    request = context.request_context.request
    assert isinstance(request, Request)  # noqa: S101 (of this transport it is)
    grant: Grant = request.scope[_GRANT]
    return grant.organisation
