"""Superset's REST API, as far as the set-up needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from deploy.superset.bundle import Bundle
from loader.errors import LoaderError

_SECONDS = 300.0
_PAGE = 100
_ATTEMPTS = 5

Answer = dict[str, Any]


class Superset:
    """A session with a server, as a user who may administer it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Log in; LoaderError where nobody answers, or the user may not.

        The password is one that Superset keeps itself, also where people use single sign-on.
        """
        self._url = url.rstrip("/")
        # the address as the server knows it is what it compares a referrer with
        self._client = httpx.Client(
            base_url=self._url, timeout=_SECONDS, headers={"Referer": self._url}
        )
        who = {"username": user, "password": password, "provider": "db", "refresh": False}
        token = self.ask("POST", "/api/v1/security/login", json=who)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        csrf = self.ask("GET", "/api/v1/security/csrf_token/")["result"]
        self._client.headers["X-CSRFToken"] = csrf

    def __enter__(self) -> Self:
        """Go on with it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        """The answer to a request; LoaderError where there is none, or a refusal."""
        try:
            response = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise LoaderError(
                f"Superset at {self._url} does not answer: {error}. Start it, and name its address "
                "with --url."
            ) from error
        if response.is_error:
            said = _said(response)
            raise LoaderError(f"Superset refused {method} {path}: {response.status_code} {said}")
        answer: Answer = response.json()
        return answer

    def listed(
        self, path: str, order: str, where: tuple[str, str, int] | None = None
    ) -> list[Answer]:
        """All entries of a list, each of which has an id.

        Args:
            path: The list.
            order: The column that it is put in order by, of which no two entries have the same;
                without an order the database may give one on two pages, and another on none.
            where: Column, operator and value of those that are meant, as Superset names them.

        Raises:
            LoaderError: The list keeps changing.
        """
        limit = f"filters:!((col:{where[0]},opr:{where[1]},value:{where[2]}))," if where else ""
        asked = f"{limit}order_column:{order},order_direction:asc"
        for _ in range(_ATTEMPTS):
            found, number = self._pages(path, asked)
            if len(found) == number:
                return list(found.values())
        raise LoaderError(f"Superset lists other entries of {path} each time. Try again.")

    def _pages(self, path: str, asked: str) -> tuple[dict[int, Answer], int]:
        found: dict[int, Answer] = {}
        page = 0
        while True:
            query = {"q": f"({asked},page:{page},page_size:{_PAGE})"}
            answer = self.ask("GET", path, params=query)
            found |= {int(one["id"]): one for one in answer["result"]}
            if len(answer["result"]) < _PAGE:
                return found, int(answer["count"])
            page += 1

    def import_assets(self, bundle: Bundle) -> None:
        """Create or change what the bundle holds: all of it, or nothing."""
        form = {"passwords": json.dumps(bundle.passwords)}
        archive = {"bundle": ("bundle.zip", bundle.zipped(), "application/zip")}
        self.ask("POST", "/api/v1/assets/import/", data=form, files=archive)


def _said(response: httpx.Response) -> str:
    try:
        content: Mapping[str, Any] = response.json()
    except ValueError:
        return "(its log says more)"
    said = content.get("message") or content.get("errors") or content.get("msg") or content
    return said if isinstance(said, str) else json.dumps(said)[:1000]
