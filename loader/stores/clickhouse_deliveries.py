"""Deliveries into ClickHouse, which has no transactions: one row makes all of a delivery count.

A delivery is begun by a row in `open_deliveries`. Until its row is in `deliveries` nobody sees what
it has brought: the views `events` and `rejected_events` leave it out, and so does who looks for
ids. Whatever dies meanwhile leaves nothing that counts, and to append again is to append for the
first time.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loader.clickhouse import ClickHouse, text_literal, time_literal
from loader.errors import LoaderError

#: Tables of rows of deliveries, and where each has the time of its own.
_BROUGHT = {
    "event_rows": "ingested_at",
    "event_ids": "ingested_at",
    "rejected_rows": "rejected_at",
}
_ABANDONED_AFTER = "interval 1 day"

# A clock that was set back may meet times that it has been at before; none are taken from a clock
# that was ahead by more than a day.
_NOW = """
select greatest(
    now64(6, 'UTC'),
    (
        select max(delivered_at) from {place}.deliveries
        where
            delivered_at between now64(6, 'UTC') - interval 1 minute
            and now64(6, 'UTC') + interval 1 day
    ) + interval 1 microsecond
)
"""
_TAKEN = """
select count() from (
    select delivery_id from {place}.open_deliveries where delivered_at = {moment}
    union all
    select delivery_id from {place}.deliveries where delivered_at = {moment}
)
where delivery_id <> '{delivery_id}'
"""
_OLD = f"""
select
    delivered_at,
    delivered_at in (select delivered_at from {{place}}.unfinished_deliveries) as is_unfinished
from {{place}}.open_deliveries
where opened_at < now64(6, 'UTC') - {_ABANDONED_AFTER}
"""


@dataclass(slots=True)
class Opened:
    """A delivery under way; ``row`` is that of `deliveries`, once it is known."""

    delivered_at: datetime
    delivery_id: uuid.UUID
    row: Sequence[Any] | None = None


class Deliveries:
    """The deliveries of one raw schema, ``place`` as SQL has it."""

    def __init__(self, client: ClickHouse, place: str) -> None:
        self._client = client
        self._place = place

    def begin(self) -> Opened:
        """Open a delivery, with a time that no other one has."""
        while True:
            [(moment,)] = self._client.rows(_NOW.format(place=self._place))
            opened = Opened(moment.astimezone(UTC), uuid.uuid4())
            self.open(opened.delivered_at, opened.delivery_id)
            taken = _TAKEN.format(
                place=self._place,
                moment=time_literal(opened.delivered_at),
                delivery_id=opened.delivery_id,
            )
            # Both of two that write before they look cannot miss each other.
            if self._client.rows(taken) == [(0,)]:
                return opened
            self._client.run(
                f"delete from {self._place}.open_deliveries "
                f"where delivery_id = '{opened.delivery_id}'"
            )
            time.sleep(random.uniform(0, 0.02))  # noqa: S311 (no secret)

    def open(self, moment: datetime, delivery_id: uuid.UUID) -> None:
        """Hide what has this time, unless its row is in `deliveries`."""
        self._client.run(
            f"insert into {self._place}.open_deliveries (delivered_at, delivery_id) "
            f"values ({time_literal(moment)}, '{delivery_id}')"
        )

    def finished(self) -> tuple[int, datetime]:
        """How many deliveries count, and the time of the latest: others once one more does."""
        [(number, latest)] = self._client.rows(
            f"select count(), max(delivered_at) from {self._place}.deliveries"
        )
        return number, latest

    def check(self, opened: Sequence[Opened]) -> None:
        """Raise LoaderError where another loader has taken one of these for abandoned."""
        times = [delivery.delivered_at for delivery in opened]
        still = self._client.rows(
            f"select count() from {self._place}.open_deliveries where delivered_at in {_in(times)}"
        )
        if still != [(len(times),)]:
            raise LoaderError(
                "Nothing was appended: it took over a day, so that another loader has taken out "
                "what was there of it. Append less at a time."
            )

    def finish(self, finished: Sequence[Opened]) -> None:
        """Make deliveries count, all at once."""
        rows = ", ".join(_values(opened.row or ()) for opened in finished)
        self._client.run(
            f"insert into {self._place}.deliveries "
            f"settings insert_deduplication_token = '{finished[0].delivery_id}' values {rows}"
        )
        with suppress(Exception):
            # They count all the same; a later loader takes these rows out.
            self._close([opened.delivered_at for opened in finished])

    def take_out(self, times: Collection[datetime]) -> None:
        """Delete all that deliveries of these times have brought, and close them."""
        if times:
            for table, column in _BROUGHT.items():
                self._client.run(
                    f"delete from {self._place}.{table} where {column} in {_in(times)}"
                )
            self._close(times)

    def take_out_abandoned(self) -> None:
        """Take out what loaders have left that died a day ago or more."""
        found = self._client.rows(_OLD.format(place=self._place))
        self.take_out([moment for moment, is_unfinished in found if is_unfinished])
        finished = [moment for moment, is_unfinished in found if not is_unfinished]
        if finished:
            self._close(finished)

    def _close(self, times: Collection[datetime]) -> None:
        self._client.run(
            f"delete from {self._place}.open_deliveries where delivered_at in {_in(times)}"
        )


def _in(times: Collection[datetime]) -> str:
    return f"({', '.join(map(time_literal, times))})"


def _values(row: Sequence[Any]) -> str:
    return f"({', '.join(map(_literal, row))})"


def _literal(value: object) -> str:
    if isinstance(value, datetime):
        return time_literal(value)
    return str(value) if isinstance(value, int) else text_literal(str(value))
