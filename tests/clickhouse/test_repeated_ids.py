"""Of an id that two deliveries have brought, as a race of loaders can, views have the first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.clickhouse.readers import Reader
from tests.lake.lakes import generated
from tests.loader.raw_tables import RawTables

pytestmark = pytest.mark.timeout(300)


def test_staging_reads_the_first_delivery_of_each_id(raw: RawTables, reader: Reader) -> None:
    file = raw.directory / "events.jsonl"
    generated(file, 300, 10)
    raw.append(file)
    place, query = raw.schema, raw.database.query
    [(events,)] = query(f"select count() from {place}.events")
    later = "ingested_at + interval 1 minute as ingested_at"
    twice = "where event_id in (select event_id from {place}.event_ids order by event_id limit 7)"
    query(
        f"insert into {place}.event_rows select event_id, 'later' as event_name, event_time, "
        f"user_id, properties, {later} from {place}.event_rows {twice.format(place=place)}"
    )
    # and those of a loader that has died before it sent the events
    ids = f"{place}.event_ids select event_id, content_hash, event_time, {later}"
    query(f"insert into {ids} from {place}.event_ids order by event_id limit 20")
    assert query(f"select count() from {place}.events") == [(events + 7,)]
    built = replace(reader, raw=place)
    built.dbt("", "run", "--select", "stg_events")
    staged = f"{built.views}_staging.stg_events"
    counts = "count(), uniqExact(event_id), countIf(event_name = 'later')"
    assert query(f"select {counts} from {staged}") == [(events, events, 0)]
