"""The check behind `make lint` that keeps installs reproducible and free of index addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.check_requirements import (
    declared_requirements,
    index_addresses,
    pinned_versions,
    repository_pins,
    unmet,
)
from tests.support.databases import REPOSITORY

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
[project]
dependencies = ["Click>=8.2", "duckdb<2"]
[project.optional-dependencies]
dev = ["event-analytics[dbt]", "types_PyYAML"]
"""


def test_this_repository_passes() -> None:
    pins = repository_pins(REPOSITORY)
    requirements = declared_requirements((REPOSITORY / "pyproject.toml").read_text())
    assert list(unmet(requirements, pins)) == []
    assert list(index_addresses(REPOSITORY)) == []


def test_pins_are_found_by_normalised_name() -> None:
    pins = pinned_versions("click==8.4.2\nduckdb==1.5.6\nsetuptools==84.2.1\ntypes-pyyaml==6.0\n")
    assert list(unmet(declared_requirements(PYPROJECT), pins)) == []


def test_a_pin_outside_the_declared_range_is_reported() -> None:
    pins = pinned_versions("click==8.4.2\nduckdb==2.0.1\nsetuptools==84.2.1\ntypes-pyyaml==6.0\n")
    assert list(unmet(declared_requirements(PYPROJECT), pins)) == [
        "pyproject.toml asks for duckdb<2, but requirements.txt pins 2.0.1"
    ]


def test_a_requirement_without_a_pin_is_reported() -> None:
    pins = pinned_versions("click==8.4.2\nduckdb==1.5.6\nsetuptools==84.2.1\n")
    assert list(unmet(declared_requirements(PYPROJECT), pins)) == [
        "pyproject.toml asks for types_PyYAML, which requirements.txt does not pin"
    ]


@pytest.mark.parametrize(
    "line",
    ["click>=8.2", "-e .", "click", "click==8.*", "click @ file:///tmp/click.whl", "-r other.txt"],
)
def test_anything_but_an_exact_pin_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"requirements\.txt:2: .* is not of the form"):
        pinned_versions(f"duckdb==1.5.6\n{line}\n")


def test_a_name_pinned_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="my-package is pinned twice"):
        pinned_versions("my_package==1\nMy.Package==2\n")


def test_a_package_pinned_in_both_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.4.2\n")
    (tmp_path / "requirements-metrics.txt").write_text("tabulate==0.10.0\nClick==8.4.1\n")
    with pytest.raises(ValueError, match=r"^requirements-metrics\.txt: click: pinned in require"):
        repository_pins(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url https://packages.example/",
        "RUN pip install --extra-index" + "-url=https://packages.example/ click",
        "PIP_INDEX" + "_URL: https://packages.example/",
        "--find" + "-links /srv/wheels",
        "url = https://packages.example/" + "simple/",
    ],
)
def test_an_index_address_in_any_file_is_reported(tmp_path: Path, line: str) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "setup.txt").write_text(f"first\n{line}\n")
    (tmp_path / "fine.md").write_text("See the option --index" + "-url.\nA simple/ path.\n")
    assert [finding.split(" ")[0] for finding in index_addresses(tmp_path)] == ["setup.txt:2:"]
