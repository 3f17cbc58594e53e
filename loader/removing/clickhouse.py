"""Taking rows out of ClickHouse, which has no transactions.

What is noted comes first, what is deleted after it, and every statement can run again: where one
fails, running the command once more does the rest. A delivery disappears at once all the same,
since nobody sees one that is open; its rows go afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from loader.clickhouse import ClickHouse, open_clickhouse, text_literal, time_literal
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.removing.mentions import People
from loader.removing.removal import BLOTTED, REMEMBERED_USERS_DAYS, Removal
from loader.stores.clickhouse_deliveries import Deliveries
from loader.targets import Target

#: How many ids one statement names.
_AT_ONCE = 5_000

_REJECTED = """
select toString(rejected_id), original_text, coalesce(detail, '')
from {place}.rejected_events
where
    position(original_text, '\\\\') > 0
    or arrayExists(
        person -> position(original_text, person) > 0
        or position(coalesce(detail, ''), person) > 0,
        [{ids}]
    )
"""
_REMEMBER = """
insert into {place}.erased_events (event_hash, erased_at)
select distinct lower(hex(MD5(toString(event_id)))) as event_hash, {now}
from {place}.events
where {condition} and event_hash not in (select event_hash from {place}.erased_events)
"""
_REMOVED_USERS = """
insert into {place}.removed_users (removal_id, user_hash)
select distinct
    toUUID('{removal_id}'), lower(hex(MD5(concat('{removal_id} ', user_id))))
from {place}.events where {condition}
"""
_REMOVED_EVENTS = """
insert into {place}.removed_events (removal_id, ingested_at, events)
select toUUID('{removal_id}'), ingested_at, count()
from {place}.events where {condition} group by ingested_at
"""


def withdraw_from_clickhouse(target: Target, delivery: str, *, dry_run: bool) -> Removal:
    """Take out a delivery; ``delivery`` is its id, or the beginning of it.

    Raises LoaderError where there is no such delivery, or the user may not delete.
    """
    with (
        database_errors(target, f"withdrawing delivery {delivery}"),
        open_clickhouse(target) as client,
    ):
        return _Removing(target, client).withdraw(delivery, dry_run=dry_run)


def erase_from_clickhouse(
    target: Target, people: People, doing: str, *, remember_days: int, dry_run: bool
) -> Removal:
    """Take out all of these people; ``doing`` says so. Raises LoaderError."""
    with database_errors(target, doing), open_clickhouse(target) as client:
        return _Removing(target, client).erase(people, remember_days, dry_run=dry_run)


class _Removing:
    """What is taken out of one raw schema."""

    def __init__(self, target: Target, client: ClickHouse) -> None:
        self._target = target
        self._client = client
        self._place = target.place(target.raw_schema)
        self._now = datetime.now(UTC)

    def withdraw(self, delivery: str, *, dry_run: bool) -> Removal:
        """See `withdraw_from_clickhouse`."""
        found = self._client.rows(
            f"select delivery_id, delivered_at from {self._place}.deliveries "
            f"where startsWith(toString(delivery_id), {text_literal(delivery.lower())})"
        )
        if len(found) != 1:
            number = "no delivery" if not found else "more than one delivery"
            raise LoaderError(
                f"{self._target.label} has {number} whose id begins with {delivery}. "
                "List them with: loader deliveries"
            )
        [(delivery_id, moment)] = found
        condition = f"ingested_at = {time_literal(moment)}"
        events, users = self._counted(condition)
        [(rejected,)] = self._client.rows(
            f"select count() from {self._place}.rejected_events "
            f"where rejected_at = {time_literal(moment)}"
        )
        removal = Removal("withdraw", users, events, rejected, delivery_id=delivery_id)
        if dry_run:
            return removal
        done = self._note(removal, [condition])
        deliveries = Deliveries(self._client, self._place)
        deliveries.open(moment, delivery_id)
        self._client.run(
            f"delete from {self._place}.deliveries where delivery_id = '{delivery_id}'"
        )
        # From here on nobody sees it; if the rest fails, a later loader takes it out.
        deliveries.take_out([moment])
        return done

    def erase(self, people: People, remember_days: int, *, dry_run: bool) -> Removal:
        """See `erase_from_clickhouse`."""
        conditions = [f"user_id in ({ids})" for ids in _lists(sorted(people.ids))]
        counted = [self._counted(condition) for condition in conditions]
        named = sorted(self._naming(people))
        blotted = [
            source
            for (source,) in self._client.rows(
                f"select source from {self._place}.deliveries "
                f"union distinct select source from {self._place}.rejected_events"
            )
            if people.name(source)
        ]
        removal = Removal(
            "erase",
            sum(users for _, users in counted),
            sum(events for events, _ in counted),
            len(named),
            sources=len(blotted),
        )
        if dry_run:
            return removal
        self._remember(conditions, remember_days)
        done = self._note(removal, conditions)
        for condition in conditions:
            self._client.run(
                f"delete from {self._place}.event_ids where (event_id, ingested_at) in "
                f"(select event_id, ingested_at from {self._place}.event_rows where {condition})"
            )
            # Not only marked as deleted: the parts that hold them are written anew at once.
            self._client.run(f"alter table {self._place}.event_rows delete where {condition}")
        for ids in _lists(named):
            self._client.run(
                f"alter table {self._place}.rejected_rows delete where rejected_id in ({ids})"
            )
        for table in ("deliveries", "rejected_rows"):
            for sources in _lists(blotted):
                self._client.run(
                    f"alter table {self._place}.{table} "
                    f"update source = '{BLOTTED}' where source in ({sources})"
                )
        return done

    def _counted(self, condition: str) -> tuple[int, int]:
        """How many events meet a condition, and of how many users."""
        [(events, users)] = self._client.rows(
            f"select count(), uniqExact(user_id) from {self._place}.events where {condition}"
        )
        return events, users

    def _naming(self, people: People) -> set[str]:
        """The ids of rejected rows that name one of them."""
        named: set[str] = set()
        for ids in _lists(sorted(people.ids)):
            query = _REJECTED.format(place=self._place, ids=ids)
            for rejected_id, text, detail in self._client.stream(query):
                if people.are_named_in(text) or people.are_named_in(detail):
                    named.add(rejected_id)
        return named

    def _remember(self, conditions: Sequence[str], days: int) -> None:
        """Remember which events are erased, and forget those that were long ago."""
        now = time_literal(self._now)
        self._client.run(
            f"delete from {self._place}.erased_events where erased_at < {now} - interval {days} day"
        )
        if days:
            for condition in conditions:
                self._client.run(_REMEMBER.format(place=self._place, now=now, condition=condition))

    def _note(self, removal: Removal, conditions: Sequence[str]) -> Removal:
        """Write down what goes, and forget of whom removals long ago took what."""
        removal_id = uuid.uuid4()
        for statement in (_REMOVED_USERS, _REMOVED_EVENTS):
            for condition in conditions:
                self._client.run(
                    statement.format(place=self._place, removal_id=removal_id, condition=condition)
                )
        for table in ("removed_users", "removed_events"):
            self._client.run(
                f"delete from {self._place}.{table} where removal_id in ("
                f"select removal_id from {self._place}.removals where removed_at < "
                f"{time_literal(self._now)} - interval {REMEMBERED_USERS_DAYS} day)"
            )
        delivery_id = f"'{removal.delivery_id}'" if removal.delivery_id else "null"
        self._client.run(
            f"insert into {self._place}.removals "
            "(removal_id, action, delivery_id, removed_at, removed_by, users, events, rejected) "
            f"select '{removal_id}', '{removal.action}', {delivery_id}, "
            f"{time_literal(self._now)}, currentUser(), "
            f"{removal.users}, {removal.events}, {removal.rejected}"
        )
        return replace(removal, removal_id=removal_id)


def _lists(texts: Collection[str]) -> Iterator[str]:
    """The texts as lists of SQL, none of which is too long for a statement."""
    ordered = list(texts)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ", ".join(map(text_literal, ordered[start : start + _AT_ONCE]))
