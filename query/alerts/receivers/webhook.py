"""Webhooks, signed as Standard Webhooks has it."""

from __future__ import annotations

from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from query.alerts.config import Receiver
from query.alerts.messages import Message
from query.alerts.outbox import Outcome
from query.alerts.receivers.base import HttpSender


class WebhookSender:
    """Posts bodies as they are in the outbox, signed anew at each attempt."""

    def __init__(self, receiver: Receiver) -> None:
        self._http = HttpSender(receiver.url, receiver.headers)
        self._keys = [Webhook(secret) for secret in receiver.secrets]

    def send(self, message: Message) -> Outcome:
        """Post it, signed with each secret, so that the receiver may change to another one."""
        now = datetime.now(UTC)
        signatures = [key.sign(message.message_id, now, message.body) for key in self._keys]
        return self._http.post(
            message.body,
            {
                "webhook-id": message.message_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": " ".join(signatures),
            },
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()
