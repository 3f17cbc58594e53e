"""What the protocols make of a request, and what is then known of each of its events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.clocks import Clock, clock
from collector.json_parts import Part
from loader.contract import Contract, Event, Rejection
from loader.mapping.protocols import Made
from loader.readers import RejectedRow
from loader.readers.block import stored_text
from loader.stores.groups import OUTCOMES
from loader.strict_json import canonical
from serving.grants import Grant

#: What is not known yet of an event that waits in a stream for `collector drain`.
BUFFERED = "buffered"


@dataclass(slots=True)
class Item:
    """One event of a request: ``given_id`` is the id as it was sent, ``result`` the judgement."""

    result: Event | Rejection
    given_id: str | None = None
    text: str = ""
    outcome: str = ""


@dataclass(slots=True)
class Batch:
    """The events of one request, on their way to the tables of ``organisation``.

    ``source`` is what rejected rows are recorded under.
    """

    source: str
    organisation: str | None
    items: list[Item] = field(default_factory=list)

    def rejected_rows(self) -> list[RejectedRow]:
        """The items that are no events, as `raw.rejected_events` keeps them.

        Without a line: a batch that is sent again may be cut differently.
        """
        return [
            RejectedRow(0, item.result.reason, item.result.detail, stored_text(item.text))
            for item in self.items
            if isinstance(item.result, Rejection)
        ]

    def counts(self) -> dict[str, int]:
        """How many items had each outcome."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for item in self.items:
            counts[item.outcome] = counts.get(item.outcome, 0) + 1
        return counts


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that may deliver: when it came, what for, and under which rules.

    ``clock_tolerance``: up to how many seconds between sending and ``now`` are no wrong clock.
    ``oversized``: its body is longer than one event may be, so that each has to be measured.
    ``volatile`` names members that differ from one delivery of an event to the next.
    """

    grant: Grant
    token: str
    now: datetime
    contract: Contract
    clock_tolerance: float
    oversized: bool = False
    volatile: tuple[str, ...] = ()

    def clock(self, sent: datetime | None) -> Clock:
        """The clock of a sender that says that this request was ``sent`` then, or nothing."""
        return clock(sent, self.now, self.clock_tolerance)

    def items(self, parts: list[Part], make: Callable[[dict[str, Any]], Made]) -> list[Item]:
        """Let the contract judge what ``make`` makes of each part."""
        return [self._item(part, make) for part in parts]

    def _item(self, part: Part, make: Callable[[dict[str, Any]], Made]) -> Item:
        given_id: str | None = None
        result: Event | Rejection
        if part.fault is not None:
            result = part.fault
        elif not isinstance(part.value, dict):
            result = Rejection("not_an_object", "a JSON object is needed")
        elif self.oversized and self._size(part) > self.contract.max_bytes:
            result = Rejection("too_large", f"longer than {self.contract.max_bytes} bytes")
        else:
            row, given_id = make(part.value)
            if isinstance(row, Rejection):
                result = row
            else:
                result = self.contract.judge(row, source=self.grant.source)
        if isinstance(result, Rejection):
            return Item(result, given_id, self._kept(part))
        return Item(result, given_id)

    def _size(self, part: Part) -> int:
        text = part.text or json.dumps(part.value, ensure_ascii=False, separators=(",", ":"))
        return len(text.strip().encode(errors="surrogatepass"))

    def _kept(self, part: Part) -> str:
        """The text of a rejected row: without the token, and the same however often it is sent."""
        fleeting = isinstance(part.value, dict) and any(key in part.value for key in self.volatile)
        if fleeting and part.fault is None:
            kept = {key: value for key, value in part.value.items() if key not in self.volatile}
            text = canonical(kept)
        else:
            text = part.original().strip()
        if self.token:
            text = text.replace(json.dumps(self.token)[1:-1], "[token]")
        return text


def with_an_id(made: Made) -> Made:
    """The same with a random id if it is a row that has none: sent again, it is another event."""
    row, given_id = made
    if isinstance(row, Rejection) or row.get("event_id") is not None:
        return made
    return {**row, "event_id": str(uuid.uuid4())}, given_id
