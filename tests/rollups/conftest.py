"""What the tests of roll-ups share."""

from pathlib import Path

import pytest

from tests.metrics.views import copy_project
from tests.rollups.projects import SEEDS, Project
from tests.support.databases import Database
from tests.support.run import run_loader


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Project:
    """The project, and empty raw tables."""
    run_loader("init", database=database, check=True)
    return Project(copy_project(tmp_path, SEEDS), database)
