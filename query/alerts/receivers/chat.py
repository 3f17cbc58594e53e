"""Chats, mail and all the other services that apprise knows."""

from __future__ import annotations

import logging
import threading
from typing import Any

import apprise

from loader.errors import LoaderError
from query.alerts.config import Receiver
from query.alerts.messages import FIRING, REMINDER, RESOLVED, Message, text, title
from query.alerts.outbox import DELIVERED, Outcome

_TYPES = {
    FIRING: apprise.NotifyType.WARNING,
    REMINDER: apprise.NotifyType.WARNING,
    RESOLVED: apprise.NotifyType.SUCCESS,
}
# What apprise logs says why it failed, and not of which message.
_TURNS = threading.Lock()


def _said() -> Any:
    """What apprise logs in a block, as a text to read."""
    return apprise.LogCapture(level=logging.WARNING)  # type: ignore[no-untyped-call]


class AppriseSender:
    """Sends a title and a few lines of text."""

    def __init__(self, receiver: Receiver) -> None:
        self._apprise = apprise.Apprise()
        if not self._apprise.add(receiver.url):
            raise LoaderError(
                f"The url of receiver {receiver.name!r} is none that apprise knows. See its list "
                "of services for how to write one."
            )

    def send(self, message: Message) -> Outcome:
        """Send it; apprise says no more than whether it could."""
        content: dict[str, Any] = message.content
        with _TURNS, _said() as said:
            is_sent = self._apprise.notify(
                title=title(content),
                body=text(content),
                notify_type=_TYPES.get(content["type"], apprise.NotifyType.INFO),
            )
            lines = said.getvalue().strip().splitlines()
        if is_sent:
            return DELIVERED
        why = lines[0].rpartition(" - ")[2][:200] if lines else "it gave no reason"
        return Outcome(f"apprise could not send it ({why})", is_down=True)

    def close(self) -> None:
        """There is nothing to give up."""
