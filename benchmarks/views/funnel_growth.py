"""The funnel by events per user, beside the usual query that joins the events of each step."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.measure import run
from benchmarks.views.databases import WITHOUT_TESTS, Database
from benchmarks.views.measurements import Figures
from benchmarks.views.queries import same_rows, self_join_query

USERS = 10_000
EVENTS_PER_USER = (10, 30, 100, 300, 1_000)
#: Beyond this the joins would take from half an hour to days.
MOST_TO_JOIN = 100
FUNNEL = "view_to_purchase"

# Four steps with equal chances, within three days of a user: every event is inside the window.
WRITE_EVENTS = """
import sys
from loader.quiet_duckdb import connect
path, users, per_user = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connect().sql(f'''
    copy (
        select
            uuid() as event_id, 'user-' || u as user_id,
            ['product_viewed', 'cart_added', 'checkout_started', 'purchase_completed']
                [1 + (hash(u, n) % 4)::int] as event_name,
            timestamptz '2024-03-01 00:00:00+00'
                + to_microseconds((hash(n, u) % 259200000000)::bigint) as event_time,
            '{{}}' as properties
        from range({users}) as users(u), range({per_user}) as numbers(n)
    ) to '{path}' (format parquet)
''')
"""


def measure_funnel_growth(database: Database, directory: Path, rounds: int) -> list[Figures]:
    """For each number of events per user: the view of one funnel, and the same by joins.

    `size` of the figures is the number of events per user. The seeds define this funnel only, as
    the joins compute no other.

    Raises:
        RuntimeError: The two find different users.
    """
    measured = []
    ours = f"select step, users from analytics.funnel_conversion where funnel = '{FUNNEL}'"
    joined = self_join_query("funnel_conversion", database.engine)
    for per_user in EVENTS_PER_USER:
        figures = Figures(database.engine, per_user)
        events = directory / f"funnel-{per_user}.parquet"
        run(
            [sys.executable, "-c", WRITE_EVENTS, str(events), str(USERS), str(per_user)], os.environ
        )
        database.create()
        try:
            _define_one_funnel(database.directory / "seeds")
            database.append(events)
            database.build("view", *WITHOUT_TESTS)
            for _ in range(rounds):
                figures.add("view funnel by events per user", database.read(ours))
                if per_user <= MOST_TO_JOIN:
                    figures.add("self-join funnel by events per user", database.read(joined))
            if per_user <= MOST_TO_JOIN and not same_rows(
                database.rows(ours), database.rows(joined)
            ):
                raise RuntimeError("the joins find other users than the view")
        finally:
            database.drop()
            events.unlink()
        measured.append(figures)
    return measured


def _define_one_funnel(seeds: Path) -> None:
    for seed in (seeds / "funnels.csv", seeds / "funnel_steps.csv"):
        header, *rows = seed.read_text().splitlines(keepends=True)
        kept = [row for row in rows if row.startswith(f"{FUNNEL},")]
        seed.write_text("".join([header, *kept]))
