"""What a PostgreSQL database and the environment are set to changes nothing that is collected."""

from __future__ import annotations

import pytest

from tests.collector.conftest import StartCollector
from tests.collector.running import event
from tests.conftest import MakeDatabase
from tests.loader.test_sessions import SETTINGS, TEXTS, recreate, set_database
from tests.support.run import run_loader
from tests.support.servers import wait_until


@pytest.mark.parametrize("settings", ["german", "postgres"])
def test_settings_change_no_event(
    make_database: MakeDatabase, start_collector: StartCollector, settings: str
) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    set_database(database, SETTINGS[settings])
    collector = start_collector(database)
    sent = [event(text, event=text, properties={text: [text, 1 / 3]}) for text in TEXTS]

    assert collector.send(*sent) == ["appended"] * len(sent)
    assert collector.send(*sent) == ["duplicate"] * len(sent)
    changed = [{**one, "timestamp": "2026-02-11T09:30:00.000001+01:00"} for one in sent]
    assert collector.send(*changed) == ["conflicting"] * len(sent)
    assert collector.send({"event": "日本 é"}) == ["rejected"]  # without a user

    found = collector.rows("event_name, user_id, properties")
    assert sorted(found) == sorted((text, text, {text: [text, 1 / 3]}) for text in TEXTS)
    assert any("日本 é" in text for (text,) in collector.rejects("original_text"))


def test_a_database_that_cannot_hold_every_text_takes_no_event(
    make_database: MakeDatabase, start_collector: StartCollector
) -> None:
    database = make_database("postgres")
    recreate(database, "LATIN1")
    collector = start_collector(database)

    assert collector.post("/v1/events", [event("é")]).status_code == 503
    wait_until(lambda: b"has the encoding LATIN1" in collector.raw_log, "the reason")
