"""What all kinds of receivers have in common, and those that are asked over HTTP."""

from __future__ import annotations

import email.utils
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from loader.errors import LoaderError
from query.alerts.messages import Message
from query.alerts.outbox import DELIVERED, Outcome

try:
    import httpx
except ImportError:
    raise LoaderError(
        "Alerts are not installed. Install them with: pip install 'dbt-event-analytics[alerts]'"
    ) from None

#: Seconds that a receiver may take to connect, and then for each part of its answer.
TIMEOUT = 10.0
_LONGEST_PAUSE = 86_400.0
# What another message, or the same one later, may be spared; every other 4xx is about this message.
_DOWN = frozenset({401, 403, 404, 408, 421, 425, 429})
_GONE = 410


class Sender(Protocol):
    """Sends to one receiver, from several threads at once."""

    def send(self, message: Message) -> Outcome:
        """Send it, and say what became of it; raises nothing that a receiver could cause."""

    def close(self) -> None:
        """Give up connections."""


class HttpSender:
    """Posts JSON to one address."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._client = httpx.Client(
            timeout=TIMEOUT,
            verify=_trust(),
            headers={"user-agent": "event-analytics", **headers},
            # a redirected POST would arrive as a GET, or at somebody else's
            follow_redirects=False,
        )

    def post(self, content: str, headers: Mapping[str, str]) -> Outcome:
        """Post it; everything but 2xx is a failure."""
        try:
            answer = self._client.post(
                self._url,
                content=content.encode(),
                headers={"content-type": "application/json", **headers},
            )
        except httpx.TimeoutException:
            return Outcome(f"no answer within {TIMEOUT:.0f} s", is_down=True)
        except httpx.InvalidURL:
            return Outcome("its url is none", is_down=True)
        except httpx.HTTPError as error:
            # without the address, which may hold a secret
            return Outcome(f"no connection ({type(error).__name__})", is_down=True)
        if answer.is_success:
            return DELIVERED
        return Outcome(
            f"it answered {answer.status_code}",
            retry_after=_retry_after(answer.headers.get("retry-after")),
            is_down=answer.status_code >= 500 or answer.status_code in _DOWN,
            is_final=answer.status_code == _GONE,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


@cache
def _trust() -> ssl.SSLContext:
    """Whom to trust, read once: it takes as long as several messages."""
    return httpx.create_ssl_context()


def _retry_after(text: str | None) -> float:
    """Seconds, of a header that has these or a date; 0 for what cannot be read."""
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = (when - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_PAUSE)
