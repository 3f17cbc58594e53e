"""Alertmanager, by its API of version 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from query.alerts.config import Receiver
from query.alerts.messages import RESOLVED, TEST, Message, instant, number, text, title
from query.alerts.outbox import Outcome
from query.alerts.receivers.base import HttpSender

_PATH = "/api/v2/alerts"
# It takes an alert that nobody repeats for resolved; each evaluation repeats it, and between two of
# them lie the hours or days from one build to the next.
HELD = timedelta(days=14)
_TEST_HELD = timedelta(minutes=1)


class AlertmanagerSender:
    """Posts alerts, by whose labels it knows them again."""

    def __init__(self, receiver: Receiver) -> None:
        self._http = HttpSender(receiver.url.rstrip("/") + _PATH, {})
        self._labels = receiver.labels

    def send(self, message: Message) -> Outcome:
        """Post one."""
        return self._http.post(json.dumps([self._alert(message.content)]), {})

    def repeat(self, contents: list[Mapping[str, Any]]) -> Outcome:
        """Post alerts that fire once more, so that it goes on to have them; it tells nobody."""
        return self._http.post(json.dumps([self._alert(content) for content in contents]), {})

    def _alert(self, content: Mapping[str, Any]) -> dict[str, Any]:
        data, when = content["data"], datetime.fromisoformat(content["timestamp"])
        begins, ends = data.get("since") or content["timestamp"], when + HELD
        if content["type"] == RESOLVED:
            ends = when
        elif content["type"] == TEST:
            ends = when + _TEST_HELD
        labels = {
            **self._labels,
            "alertname": data["alert"],
            "severity": data["severity"],
            "segment": data.get("segment"),
            "segment_value": data.get("segment_value"),
            "organisation": data.get("organisation"),
            "source": "event_analytics",
        }
        annotations = {
            "summary": title(content),
            "description": text(content),
            "date": data.get("date"),
            "value": number(data["value"]) if data.get("value") is not None else None,
        }
        return {
            # an empty label is none
            "labels": {name: str(value) for name, value in labels.items() if value},
            "annotations": {name: str(value) for name, value in annotations.items() if value},
            "startsAt": begins if isinstance(begins, str) else instant(begins),
            "endsAt": instant(ends),
        }

    def close(self) -> None:
        """Close its connections."""
        self._http.close()
