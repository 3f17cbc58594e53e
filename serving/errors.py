"""Answers that are no success: JSON with ``code``, ``message`` and ``detail``, all texts.

Clients of every protocol read it; one of them sends a refused batch again unless there is a code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class HttpError(Exception):
    """Ends a request with this status; ``headers`` are added to the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = headers

    def response(self) -> Response:
        """The answer."""
        content = {"code": self.code, "message": self.message, "detail": self.detail}
        return json_response(content, self.status, self.headers)


def json_response(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON, as ASCII: clients disagree on little else."""
    text = json.dumps(content, separators=(",", ":"))
    return Response(text, status, headers=headers, media_type="application/json")


def bad_request(code: str, message: str, detail: str = "") -> HttpError:
    """400: the body as a whole cannot be read."""
    return HttpError(400, code, message, detail)


def too_large(code: str, message: str, detail: str = "") -> HttpError:
    """413: a limit on size or number is exceeded."""
    return HttpError(413, code, message, detail)


def unavailable(code: str, message: str, retry_after: int, detail: str = "") -> HttpError:
    """503: nothing is wrong with the request; the same one may succeed later."""
    return HttpError(503, code, message, detail, {"Retry-After": str(retry_after)})


def unauthorised(detail: str) -> HttpError:
    """401: there is no token, or nobody knows it."""
    return HttpError(
        401, "unauthorized", "A valid token is needed.", detail, {"WWW-Authenticate": "Bearer"}
    )


async def http_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of `HttpError`."""
    del request
    assert isinstance(error, HttpError)  # noqa: S101 (Starlette's signature is wider)
    return error.response()


async def http_exception(request: Request, error: Exception, *, not_found: str = "") -> Response:
    """Starlette's handler of its own errors; ``not_found`` is the detail of a 404."""
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 (Starlette's signature is wider)
    codes = {404: "not_found", 405: "method_not_allowed"}
    code = codes.get(error.status_code, "http_error")
    detail = not_found if error.status_code == 404 else ""
    content = {"code": code, "message": str(error.detail), "detail": detail}
    return json_response(content, error.status_code, error.headers)
