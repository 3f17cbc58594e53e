"""What a state says of deliveries, in SQL that both engines take."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from query.databases.base import Delivery

#: The latest delivery, or the latest one up to $1, where that is no null.
LATEST_DELIVERY = """
select delivery_id, delivered_at
from {deliveries}
where $1::timestamptz is null or delivered_at <= $1::timestamptz
order by delivered_at desc
limit 1
"""
#: The last date of all reports, and the last one that is over, where the spine says which are.
LATEST_DATES = """
select max(calendar_date), max(case when {is_complete} then calendar_date end) from {spine}
"""
#: Where builds keep roll-ups: when the latest events came that are in them.
LATEST_KEPT = "select max(ingested_at) from {kept}"


def delivery_of(row: Sequence[Any] | None) -> Delivery | None:
    """A row of these as a delivery."""
    if row is None:
        return None
    return Delivery(uuid.UUID(str(row[0])), row[1].astimezone(UTC))
