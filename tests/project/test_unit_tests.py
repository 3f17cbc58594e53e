"""What dbt's unit tests need beyond what dbt checks itself."""

from pathlib import Path

import yaml

from tests.support.databases import REPOSITORY

# PostgreSQL cuts longer names of tables short, so that two of them may become one.
LONGEST_NAME = 63


def unit_test_names(path: Path) -> list[str]:
    """The names of the unit tests that a YAML file defines."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return [test["name"] for test in content.get("unit_tests", [])]


def test_names_of_unit_tests_are_names_of_tables_in_postgres() -> None:
    names = [name for path in REPOSITORY.glob("models/**/*.yml") for name in unit_test_names(path)]
    assert len(names) > 100
    assert not [name for name in names if len(name) > LONGEST_NAME]
