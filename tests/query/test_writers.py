"""Builds, loaders and a collector are at work, and whoever asks notices nothing but new rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from query.databases.snapshots import BusyError, Snapshots
from tests.collector.running import Collector
from tests.collector.running import running as running_collector
from tests.conftest import MakeDatabase
from tests.query.built import Built, event
from tests.query.conftest import StartServer
from tests.query.running import KEY, Api
from tests.support.run import start_loader
from tests.support.servers import bearer, wait_until

CATALOG = "/v1/reports/event_catalog"
LATER = datetime(2026, 2, 20, 12, tzinfo=UTC)


@contextmanager
def asking(server: Api) -> Iterator[list[httpx.Response]]:
    """Ask all the time, with a question that is in no cache; the answers."""
    answers: list[httpx.Response] = []
    done = threading.Event()

    def ask() -> None:
        number = 0
        with httpx.Client(base_url=server.url, headers=bearer(KEY), timeout=60) as client:
            while not done.is_set():
                number += 1
                path = (CATALOG, "/v1/reports/signups", "/v1/reports/funnel_users")[number % 3]
                answers.append(client.get(path, params={"limit": 1 + number % 900}))
                done.wait(0.1)  # a build beside it has two processors at most

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()


def names(server: Api) -> set[str]:
    return {row[0] for row in server.rows("event_catalog")}


def collect(collector: Collector, first: int) -> None:
    """Send single events, each of which the collector commits."""
    for number in range(first, first + 10):
        sent = {
            "id": f"0c0ffee0-0000-4000-8000-{number:012}",
            "event": "collected",
            "user_id": f"c{number}",
            "timestamp": LATER.isoformat(),
        }
        wait_until(
            lambda sent=sent: collector.post("/v1/events", sent).status_code == 200,  # type: ignore[misc]
            "a commit of the collector",
            Api.patience,
        )


def test_a_loader_a_collector_and_a_build_beside_requests_disturb_nobody(
    own: Built, start_server: StartServer
) -> None:
    server = start_server(own, "--requests-per-second", "0")
    before = server.get(CATALOG)
    with asking(server) as answers, running_collector(own.database) as collector:
        collect(collector, 0)
        own.append([event("late", "brand_new", LATER)])
        own.build()
        collect(collector, 10)
        server.wait_until(lambda: {"brand_new", "collected"} <= names(server), "the new events")
    assert len(answers) > 10
    assert {answer.status_code for answer in answers} == {200}
    after = server.get(CATALOG)
    assert after.headers["etag"] != before.headers["etag"]
    # which a build notes last of all
    server.wait_until(
        lambda: server.get(CATALOG).headers["delivery-id"] != before.headers["delivery-id"],
        "the new delivery",
    )
    assert after.headers["as-of-date"] == LATER.date().isoformat()
    tag = before.headers["etag"]
    assert server.client.get(CATALOG, headers={"If-None-Match": tag}).status_code == 200


# As a build with roll-ups leaves it: a view over rows that the next build adds to.
_KEEP = (
    "create table analytics.kept_churn as select * from analytics.user_churn",
    "create or replace view analytics.user_churn as select * from analytics.kept_churn",
)
# One that comes before the place where the first page ended, one after it, one that goes.
_CHANGE = (
    "insert into analytics.kept_churn values ('!first', date '2026-02-01', 0, 'active')",
    "insert into analytics.kept_churn values ('us-zz', date '2026-02-01', 0, 'active')",
    "delete from analytics.kept_churn where user_id = 'us-9'",
)


def test_pages_go_on_where_they_were_while_rows_come_and_go(
    own: Built, start_server: StartServer
) -> None:
    for statement in _KEEP:
        own.database.execute(statement)
    if not own.is_file:
        # a view reads with the rights of its owner
        own.database.execute("grant select on analytics.kept_churn to public")
    server = start_server(own)
    whole = [row[0] for row in server.rows("user_churn", sort="user_id")]
    pages = server.pages("user_churn", sort="user_id", limit=20)
    found = [next(pages)]
    with closing(own.database.connect()) as connection:
        for statement in _CHANGE:
            connection.execute(statement)
    server.wait_until(
        lambda: (
            {("us-zz",), ("us-9",)} & set(server.rows("user_churn", select="user_id"))
            == {("us-zz",)}
        ),
        "the changes",
    )
    found += pages
    users = [row["user_id"] for page in found for row in page["rows"]]
    assert len(found) == 3
    if own.is_file:
        # all of it is of the state in which it began
        assert users == whole
        assert {page["changed"] for page in found} == {False}
    else:
        assert users == [*(user for user in whole[:-1] if user != "us-9"), "us-zz", whole[-1]]
        assert [page["changed"] for page in found] == [False, True, True]
    assert server.report("user_churn", sort="user_id", limit=1)["rows"][0]["user_id"] == "!first"


def test_a_snapshot_is_never_taken_of_a_file_that_somebody_writes_to(
    duckdb_file: Path, tmp_path: Path
) -> None:
    snapshots = Snapshots(duckdb_file, tmp_path, {}, 1)
    with start_loader(str(duckdb_file), program="tests.query.holding") as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError):
            snapshots.take()
        holder.communicate(b"\n")
    taken: list[Any] = []

    def take() -> bool:
        try:
            taken.append(snapshots.take())
        except BusyError:
            return False
        return True

    wait_until(take, "a snapshot", Api.patience)
    [snapshot] = taken
    snapshots.put(snapshot)
    with snapshot.held():
        cursor = snapshot.take_cursor()
        assert cursor.execute("select number from numbers").fetchall() == [(2,)]
        for statement in (
            "insert into numbers values (3)",
            f"attach '{duckdb_file}' as other",
            f"copy (select 1) to '{tmp_path}/out.csv'",
            "select * from read_text('/etc/hostname')",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(statement)
        snapshot.give_cursor(cursor)
    assert snapshots.take() is None
    assert list(tmp_path.iterdir()) == []
    snapshots.close()


@pytest.fixture
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one table."""
    path = tmp_path_factory.mktemp("file") / "events.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("create table numbers as select 1 as number")
    return path


def test_a_server_that_starts_beside_a_writer_waits_for_it(
    all_built: Callable[[Any], Built], make_database: MakeDatabase, start_server: StartServer
) -> None:
    own = all_built("duckdb").copied(make_database)
    path = str(own.database.path)
    with start_loader(path, "0.5", program="tests.query.holding") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        server = start_server(own)
        assert server.get(CATALOG).status_code == 200
        assert holder.wait(60) == 0
