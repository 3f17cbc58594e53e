"""Kinds of receivers: each knows how to send a message, and what its answers mean."""

from __future__ import annotations

from query.alerts.config import Receiver
from query.alerts.receivers.alertmanager import AlertmanagerSender
from query.alerts.receivers.base import Sender
from query.alerts.receivers.webhook import WebhookSender

__all__ = ["Sender", "open_sender"]


def open_sender(receiver: Receiver) -> Sender:
    """What sends to this receiver; close it in the end. Raises LoaderError."""
    if receiver.kind == "webhook":
        return WebhookSender(receiver)
    if receiver.kind == "alertmanager":
        return AlertmanagerSender(receiver)
    from query.alerts.receivers.chat import AppriseSender  # noqa: PLC0415 (it takes a second)

    return AppriseSender(receiver)
