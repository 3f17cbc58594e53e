"""Segments are read as the seed says, or stop: they are built for the properties that it names.

A property that the views were not built for is one that only a build takes up.
"""

import csv
from pathlib import Path
from uuid import UUID

import duckdb
import psycopg
import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.logs import at
from tests.metrics.views import PublicViews, copy_project
from tests.reference import Definitions, Event, Settings
from tests.support.databases import REPOSITORY, Database, Engine
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

pytestmark = pytest.mark.slow

VIEW = "user_segments"
STOPPED = "row 'new' has changed since the views were built; run dbt build"
# names that JSON paths and SQL write in a way of their own
ODD = "$it's/a~name"

EVENTS = [
    Event(UUID(int=event_id), "A", at(time), user, properties)
    for event_id, time, user, properties in (
        (1, "2024-02-28T10:00", "moved", {"plan": "free", ODD: "1"}),
        (2, "2024-02-28T11:00", "moved", {"plan": "pro", ODD: 1}),
        (3, "2024-02-28T10:00", "stayed", {"plan": "pro"}),
        # two values at one instant, one of them for a property only
        (5, "2024-02-28T10:00", "at_once", {"plan": "free", ODD: "x"}),
        (4, "2024-02-28T10:00", "at_once", {"plan": "pro", ODD: None}),
        (6, "2024-02-28T10:00", "at_once", {"plan": "free"}),
    )
]


def test_views_follow_the_seed_or_stop_until_they_are_built(
    make_database: MakeDatabase, engine: Engine, tmp_path: Path
) -> None:
    database = make_database(engine)
    project = copy_project(tmp_path / "project", REPOSITORY / "seeds")
    run_loader("init", database=database, check=True)
    with PublicViews(database) as views:
        views.replace_events(EVENTS)

    def dbt(*command: str) -> None:
        run_dbt(*command, database=database, project=project)

    write_segments(project, first=("plan", "first"))
    dbt(*BUILD_UNTESTED, "--select", f"+{VIEW}")
    assert_view_matches(database, project)

    write_segments(project, renamed=("plan", "latest"), twice=("plan", "first"))
    dbt("seed", "--select", "segments")
    assert_view_matches(database, project)

    write_segments(project, first=("plan", "first"), new=(ODD, "latest"))
    dbt("seed", "--select", "segments")
    with (
        PublicViews(database) as views,
        pytest.raises((duckdb.Error, psycopg.Error), match=STOPPED),
    ):
        views.rows(VIEW)

    dbt("run", "--select", f"+{VIEW}")
    assert_view_matches(database, project)


def write_segments(project: Path, **segments: tuple[str, str]) -> None:
    """Write segments by name, each with its property and its pick, into the seed."""
    with (project / "seeds" / "segments.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["segment", "property", "pick"])
        rows.writerows([segment, *rest] for segment, rest in segments.items())


def assert_view_matches(database: Database, project: Path) -> None:
    """Compare the view with the reference, for what stands in the seed."""
    definitions = Definitions.from_seeds(project / "seeds")
    with PublicViews(database) as views:
        assert_views_match(views, [VIEW], EVENTS, definitions, Settings())
