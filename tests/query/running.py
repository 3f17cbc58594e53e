"""Servers that run as processes of their own, and how they are asked."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.databases import Database
from tests.support.run import start_loader
from tests.support.servers import Server, bearer, served

KEY = "key-of-the-tests"


class Api(Server):
    """A running `query serve`."""

    patience = 60.0

    def __init__(self, process: subprocess.Popen[bytes], database: Database) -> None:
        super().__init__(process, database, ready_at="/readyz", headers=bearer(KEY))

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """GET a path, with these parameters."""
        return self.client.get(path, params=parameters or None)

    def report(self, view: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a view in JSON, which has to be a success."""
        answer = self.get(f"/v1/reports/{view}", **parameters)
        assert answer.status_code == 200, f"{view} {parameters}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def rows(self, view: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of one page."""
        return [tuple(row.values()) for row in self.report(view, **parameters)["rows"]]

    def pages(self, view: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The answers of all pages."""
        answer = self.report(view, **parameters)
        yield answer
        while answer["next_cursor"] is not None:
            answer = self.report(view, **parameters, cursor=answer["next_cursor"])
            yield answer


@contextmanager
def running(
    database: Database,
    manifest: Path,
    *options: str,
    keys: tuple[str, ...] = (KEY,),
    env: Mapping[str, str] | None = None,
) -> Iterator[Api]:
    """Run a server on a free port; it is gone when the block ends."""
    given = [part for key in keys for part in ("--key", key)]
    process = start_loader(
        *("serve", "--port", "0", "--manifest", str(manifest), *given, *options),
        database=database,
        env=env,
        program="query",
    )
    with served(process, lambda started: Api(started, database)) as server:
        yield server
