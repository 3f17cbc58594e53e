"""Reads ``raw.deliveries``: what was appended together, and what became of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loader.failures import database_errors
from loader.opening import open_to_read
from loader.postgres import open_postgres
from loader.targets import Target

COUNTS = ("read", "appended", "duplicate", "conflicting", "rejected")
_COLUMNS = ", ".join(("delivery_id", "source", "delivered_at", *COUNTS))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries: those that meet every condition that is set, the newest ``limit`` of them.

    ``since`` bounds delivered_at and is itself included, ``until`` bounds it and is not.
    """

    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of `raw.deliveries`; the counts are as of then."""

    delivery_id: uuid.UUID
    source: str
    delivered_at: datetime
    read: int
    appended: int
    duplicate: int
    conflicting: int
    rejected: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "delivery_id": str(self.delivery_id),
            "source": self.source,
            "delivered_at": self.delivered_at.isoformat(),
            **{name: getattr(self, name) for name in COUNTS},
        }

    def as_text(self) -> str:
        """For people, in two lines."""
        return (
            f"{self.delivery_id}  {self.delivered_at:%Y-%m-%d %H:%M:%S}  {self.source}\n"
            f"    read {self.read:,}: appended {self.appended:,}, duplicate {self.duplicate:,}, "
            f"conflicting {self.conflicting:,}, rejected {self.rejected:,}"
        )


def read_deliveries(target: Target, selection: Selection) -> list[Delivery]:
    """The selected deliveries, the newest first.

    Raises LoaderError when the database cannot be read or has no such table.
    """
    if target.engine == "clickhouse":
        return _in_clickhouse(target, selection)
    conditions = ["true"]
    parameters: list[object] = []
    for condition, value in (
        ("source = ?", selection.source),
        ("delivered_at >= cast(? as timestamptz)", selection.since),
        ("delivered_at < cast(? as timestamptz)", selection.until),
    ):
        if value is not None:
            conditions.append(condition)
            parameters.append(value.isoformat() if isinstance(value, datetime) else value)
    query = (
        f"select {_COLUMNS} from {target.place(target.raw_schema)}.deliveries "
        f"where {' and '.join(conditions)} order by delivered_at desc, delivery_id"
    )
    if selection.limit is not None:
        query += f" limit {selection.limit}"
    with database_errors(target, "reading the deliveries"):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                rows = connection.execute(query.replace("?", "%s").encode(), parameters).fetchall()
        else:
            with open_to_read(target) as database:
                rows = database.execute(query, parameters).fetchall()
    return [
        Delivery(delivery_id, source, moment.astimezone(UTC), *counts)
        for delivery_id, source, moment, *counts in rows
    ]


def _in_clickhouse(target: Target, selection: Selection) -> list[Delivery]:
    # imported only where there is its driver
    from loader.clickhouse import open_clickhouse, text_literal, time_literal  # noqa: PLC0415

    conditions = ["true"]
    if selection.source is not None:
        conditions.append(f"source = {text_literal(selection.source)}")
    if selection.since is not None:
        conditions.append(f"delivered_at >= {time_literal(selection.since)}")
    if selection.until is not None:
        conditions.append(f"delivered_at < {time_literal(selection.until)}")
    query = (
        f"select {_COLUMNS} from {target.place(target.raw_schema)}.deliveries "
        f"where {' and '.join(conditions)} order by delivered_at desc, toString(delivery_id)"
    )
    if selection.limit is not None:
        query += f" limit {selection.limit}"
    with database_errors(target, "reading the deliveries"), open_clickhouse(target) as client:
        return [
            Delivery(delivery_id, source, moment.astimezone(UTC), *counts)
            for delivery_id, source, moment, *counts in client.rows(query)
        ]
