"""What the tests of roll-ups share."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.reference import Settings
from tests.rollups.projects import SEEDS, Project, some_events
from tests.support.databases import Database, Engine
from tests.support.run import run_loader


@pytest.fixture
def new_project(database: Database, tmp_path: Path) -> Project:
    """The project, and empty raw tables."""
    return _new_project(tmp_path, database)


@pytest.fixture
def project(
    engine: Engine,
    build_once: Callable[[Engine], Project],
    make_database: MakeDatabase,
    tmp_path: Path,
) -> Project:
    """The project, in which all but the last one of some_events() are rolled up."""
    built = build_once(engine)
    directory = shutil.copytree(built.directory, tmp_path / "project")
    return Project(directory, make_database(engine, like=built.database))


@pytest.fixture(scope="session")
def build_once(
    make_session_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Engine], Project]:
    """What the project of each test is a copy of, by engine."""

    @cache
    def build(engine: Engine) -> Project:
        project = _new_project(
            tmp_path_factory.mktemp("built") / "project", make_session_database(engine)
        )
        project.definitions()
        project.deliver(some_events()[:-1])
        project.build(Settings(), "--full-refresh")
        return project

    return build


def _new_project(directory: Path, database: Database) -> Project:
    run_loader("init", database=database, check=True)
    return Project(copy_project(directory, SEEDS, with_comments=True), database)
