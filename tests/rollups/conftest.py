"""What the tests of roll-ups share."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.reference import Settings
from tests.rollups.projects import SEEDS, Project, some_events
from tests.support.databases import Database, Engine
from tests.support.run import run_loader


@dataclass(frozen=True)
class Saved:
    """A project, and copies of its directory and database from which it can be had again.

    It stays at its place, so that dbt need not parse all of it anew.
    """

    project: Project
    directory: Path
    database: Database

    def restore(self) -> Project:
        """Return the project as it was saved, whatever was done to it."""
        shutil.rmtree(self.project.directory)
        shutil.copytree(self.directory, self.project.directory)
        self.database.clone_to(self.project.database)
        return self.project


@pytest.fixture
def new_project(database: Database, tmp_path: Path) -> Project:
    """The project, and empty raw tables."""
    return _new_project(tmp_path, database)


@pytest.fixture
def project(engine: Engine, build_once: Callable[[Engine], Saved]) -> Project:
    """The project, in which all but the last one of some_events() are rolled up."""
    return build_once(engine).restore()


@pytest.fixture(scope="session")
def build_once(
    make_session_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Engine], Saved]:
    """What the project of each test is restored from, by engine."""

    @cache
    def build(engine: Engine) -> Saved:
        directory = tmp_path_factory.mktemp("project")
        project = _new_project(directory / "project", make_session_database(engine))
        project.definitions()
        project.deliver(some_events()[:-1])
        project.build(Settings(), "--full-refresh")
        shutil.copytree(project.directory, directory / "saved")
        return Saved(
            project, directory / "saved", make_session_database(engine, like=project.database)
        )

    return build


def _new_project(directory: Path, database: Database) -> Project:
    run_loader("init", database=database, check=True)
    return Project(copy_project(directory, SEEDS), database)
