"""``withdraw``: takes a delivery out again."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from loader.errors import LoaderError, UsageError
from loader.removing.removal import Removal, Session
from loader.removing.sessions import session
from loader.targets import Target

_ID = re.compile(r"[0-9a-fA-F-]{8,36}")


def withdraw(target: Target, delivery: str, *, dry_run: bool = False) -> Removal:
    """Take out the events and the rejected rows that a delivery has brought, and its own row.

    ``delivery`` is its id, or the beginning of it, of 8 characters or more, if that is no other
    one's. What later deliveries brought once more is not there twice, and so goes, too. With
    ``dry_run`` only count. Raises LoaderError where there is no such delivery, or the user does
    not own the tables.
    """
    if not _ID.fullmatch(delivery):
        raise UsageError(f"{delivery!r} is no id of a delivery. List them with: loader deliveries")
    if target.engine == "clickhouse":
        from loader.removing.clickhouse import (  # noqa: PLC0415 (its driver)
            withdraw_from_clickhouse,
        )

        return withdraw_from_clickhouse(target, delivery, dry_run=dry_run)
    with session(target, f"withdrawing delivery {delivery}", dry_run=dry_run) as opened:
        delivery_id, moment, source = _find(target, opened, delivery)
        if dry_run:
            return _find_rows(opened, delivery_id, moment, source)
        with opened.unlocked():
            removal = _find_rows(opened, delivery_id, moment, source)
            done = opened.take_out(removal, datetime.now(UTC))
            opened.rows(
                f"delete from {opened.place}.deliveries where delivery_id = ?::uuid",
                [str(delivery_id)],
            )
        return done


def _find(target: Target, opened: Session, delivery: str) -> tuple[object, datetime, str]:
    found = opened.rows(
        f"""
        select delivery_id, delivered_at, source from {opened.place}.deliveries
        where substr(delivery_id::text, 1, ?::int) = ?
        """,
        [len(delivery), delivery.lower()],
    )
    if len(found) != 1:
        number = "no delivery" if not found else "more than one delivery"
        raise LoaderError(
            f"{target.label} has {number} whose id begins with {delivery}. "
            "List them with: loader deliveries"
        )
    [(delivery_id, moment, source)] = found
    return delivery_id, moment, source


def _find_rows(opened: Session, delivery_id: object, moment: datetime, source: str) -> Removal:
    """Note which rows are the delivery's: those of its time.

    Those of an earlier version have times of their own: all that are no other delivery's.
    """
    place = opened.place
    for table, column, name, columns in (
        ("events", "ingested_at", "loader_gone", "event_id, user_id"),
        ("rejected_events", "rejected_at", "loader_rejected_gone", "rejected_id"),
    ):
        condition = f"{column} = ?::timestamptz"
        if source == "before":
            condition = f"""{column} <= ?::timestamptz and {column} not in (
                select delivered_at from {place}.deliveries where delivery_id <> '{delivery_id}'
            )"""
        opened.rows(
            f"create temporary table {name} as "
            f"select {columns} from {place}.{table} where {condition}",
            [moment.isoformat()],
        )
    opened.note_unseen("ingested_at = ?::timestamptz", [moment.isoformat()])
    [(events, users)] = opened.rows("select count(*), count(distinct user_id) from loader_gone")
    rejected = opened.count("select count(*) from loader_rejected_gone")
    return Removal("withdraw", users, events, rejected, delivery_id=delivery_id)  # type: ignore[arg-type]
