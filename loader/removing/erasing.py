"""``erase``: takes out all of a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from loader.removing.mentions import People
from loader.removing.removal import BLOTTED, Removal, Session
from loader.removing.sessions import session
from loader.targets import Target


def erase(
    target: Target, users: Collection[str], *, remember_days: int, dry_run: bool = False
) -> Removal:
    """Take out all events of these users, and all that names them among the rest.

    That is rejected rows whose text or detail names one of them (`mentions`), and sources of
    deliveries and of rejected rows that are called after one, in whose place ``(erased)`` stands.
    For ``remember_days`` days, an event that is sent again is a duplicate. With ``dry_run`` only
    count. Raises LoaderError where the user does not own the tables.
    """
    people = People(users)
    doing = f"erasing {len(people.ids)} {'users' if len(people.ids) > 1 else 'user'}"
    if target.engine == "clickhouse":
        from loader.removing.clickhouse import erase_from_clickhouse  # noqa: PLC0415 (its driver)

        return erase_from_clickhouse(
            target, people, doing, remember_days=remember_days, dry_run=dry_run
        )
    with session(target, doing, dry_run=dry_run) as opened:
        if dry_run:
            removal, _ = _find_rows(opened, people)
            return removal
        with opened.unlocked():
            removal, sources = _find_rows(opened, people)
            now = datetime.now(UTC)
            _remember(opened, now, remember_days)
            done = opened.take_out(removal, now)
            for table in ("deliveries", "rejected_events"):
                opened.rows(
                    f"update {opened.place}.{table} set source = '{BLOTTED}' "
                    "where source in (select unnest(?::text[]))",
                    [sources],
                )
            opened.analyze()
        return done


def _find_rows(opened: Session, people: People) -> tuple[Removal, list[str]]:
    """Note which rows name them, and return the sources that do."""
    place = opened.place
    ids = sorted(people.ids)
    opened.rows(
        "create temporary table loader_gone as "
        f"select event_id, user_id from {place}.events where user_id in (select unnest(?::text[]))",
        [ids],
    )
    opened.note_unseen("user_id in (select unnest(?::text[]))", [ids])
    found = opened.rows(
        f"""
        select rejected_id::text, original_text, coalesce(detail, '')
        from {place}.rejected_events
        where
            position('\\' in original_text) > 0
            or exists (
                select 1 from (select unnest(?::text[]) as person) as people
                where
                    position(person in original_text) > 0
                    or position(person in coalesce(detail, '')) > 0
            )
        """,
        [ids],
    )
    named = [
        rejected_id
        for rejected_id, text, detail in found
        if people.are_named_in(text) or people.are_named_in(detail)
    ]
    opened.rows(
        "create temporary table loader_rejected_gone as "
        "select unnest(?::text[])::uuid as rejected_id",
        [named],
    )
    sources = opened.rows(
        f"select source from {place}.deliveries union select source from {place}.rejected_events"
    )
    [(events, users)] = opened.rows("select count(*), count(distinct user_id) from loader_gone")
    blotted = [source for (source,) in sources if people.name(source)]
    removal = Removal("erase", users, events, len(named))
    return replace(removal, sources=len(blotted)), blotted


def _remember(opened: Session, now: datetime, days: int) -> None:
    """Remember which events are erased, and forget those that were long ago."""
    erased = f"{opened.place}.erased_events"
    opened.rows(
        f"delete from {erased} where erased_at < ?::timestamptz - interval '{days} days'",
        [now.isoformat()],
    )
    if days:
        opened.rows(
            f"""
            insert into {erased} (event_hash, erased_at)
            select md5(event_id::text), ?::timestamptz from loader_gone
            where md5(event_id::text) not in (select event_hash from {erased})
            """,
            [now.isoformat()],
        )
