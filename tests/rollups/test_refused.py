"""A build that is refused leaves roll-ups as they are, and the next one goes on from there."""

import csv
import json
from typing import Any

import pytest

from tests.metrics.views import PublicViews
from tests.reference import Definitions, Settings
from tests.rollups.projects import Project, assert_views_match, some_events
from tests.support.dbt_process import run_dbt_process
from tests.support.run import BUILD_UNTESTED

pytestmark = [pytest.mark.slow, pytest.mark.unusual, pytest.mark.timeout(3600)]

VARIABLES = Settings().as_dbt_vars() | {"rollups": "incremental"}


def test_a_refused_build_changes_nothing_and_is_mended_by_dbt_retry(project: Project) -> None:
    options: Any = {"database": project.database, "project": project.directory}
    segments = project.directory / "seeds" / "segments.csv"
    with segments.open(newline="", encoding="utf-8") as file:
        right = list(csv.DictReader(file))
    kept = state(project)

    # what has arrived by then is due afterwards
    project.deliver(some_events()[-1:], hours=1)
    wrong = [{**row, "pick": "last"} for row in right]
    project.write_seed("segments", wrong)
    code, said = run_dbt_process(*BUILD_UNTESTED, variables=VARIABLES, **options)
    assert code == 1, said
    assert "has the pick 'last', which is not known; write first or latest." in said
    assert state(project) == kept

    project.write_seed("segments", right[:1])
    code, said = run_dbt_process("retry", **options)
    assert code == 0, said
    definitions = Definitions.from_seeds(project.directory / "seeds")
    assert_views_match(project.database, some_events(), definitions, Settings(), "dbt retry")


def state(project: Project) -> str:
    """What is kept, and by which definitions."""
    with PublicViews(project.database) as views:
        rows = [views.rows(view) for view in ("user_segments", "funnel_users")]
    builds = project.database.query(
        "select build_id, is_finished from analytics_intermediate.current_build"
    )
    return json.dumps([sorted(map(repr, found)) for found in (*rows, builds)])
