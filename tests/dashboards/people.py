"""Who logs in, by single sign-on, and how a browser does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

_SECONDS = 120.0


@dataclass(frozen=True)
class Person:
    """Somebody whom the identity provider knows, and their groups there."""

    name: str
    groups: tuple[str, ...]

    def claims(self) -> dict[str, Any]:
        """What the provider says of them."""
        return {
            "sub": self.name,
            "email": f"{self.name}@example.com",
            "name": self.name.capitalize(),
            "groups": list(self.groups),
        }


VIEWER = Person("vera", ("analytics-viewer", "analytics-data-acme"))
ANALYST = Person("ada", ("analytics-analyst", "analytics-data-acme"))
OF_GLOBEX = Person("gus", ("analytics-analyst", "analytics-data-globex"))
ADMINISTRATOR = Person("max", ("analytics-admin",))
# A group of somebody else's, and the name of a role that is none of a group.
STRANGER = Person("eve", ("sales", "Admin", "data_acme", "viewer"))
PEOPLE = (VIEWER, ANALYST, OF_GLOBEX, ADMINISTRATOR, STRANGER)


@contextmanager
def log_in(url: str, person: Person) -> Iterator[httpx.Client]:
    """Go the way of a browser: to Superset, to the provider, to its form, and back."""
    with httpx.Client(base_url=url, timeout=_SECONDS) as client:
        _go(client, url, person)
        yield client


def _go(client: httpx.Client, url: str, person: Person) -> None:
    asked = client.get("/login/sso")
    assert asked.status_code == 302, asked.text[:500]
    form = asked.headers["location"]
    assert not form.startswith(url), form
    allowed = client.post(form, data={"sub": person.name})
    assert allowed.status_code in (302, 303), allowed.text[:500]
    back = allowed.headers["location"]
    assert back.startswith(url), back
    ended = client.get(back)
    assert ended.status_code == 302, ended.text[:500]
    client.headers["Referer"] = url
    token = client.get("/api/v1/security/csrf_token/")
    if token.is_success:
        client.headers["X-CSRFToken"] = token.json()["result"]
