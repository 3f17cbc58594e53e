"""Where packages come from: nobody is told to install another project, nor from where."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.databases import REPOSITORY

# On the public index this name is somebody else's.
_OTHER_PROJECT = re.compile(
    r"\b(?:install|require|depend)\w*\b.*?(?<![\w/-])event-" + r"analytics(?![\w/-])"
)
# A pip option or variable followed by a value. Prose that only names one is fine.
_INDEX_ADDRESS = re.compile(
    r"(?:--(?:extra-)?index-url|--find-links|--trusted-host)[= ]\S+"
    r"|(?:PIP|UV)_(?:EXTRA_)?(?:INDEX_URL|FIND_LINKS|TRUSTED_HOST)\s*[:=]\s*\S+"
    r"|https?://\S+/simple\b"
)


def lines_of_the_repository() -> Iterator[tuple[str, str]]:
    """Place and text of each line of each text file that git knows."""
    names = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for name in names:
        path = REPOSITORY / name
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{name}:{number}", line


def test_nothing_tells_anybody_to_install_the_project_of_that_name_on_the_public_index() -> None:
    lines = list(lines_of_the_repository())
    assert any("pip install 'dbt-event-analytics" in line for _, line in lines)
    assert [place for place, line in lines if _OTHER_PROJECT.search(line)] == []


def test_no_file_says_where_packages_come_from() -> None:
    assert [place for place, line in lines_of_the_repository() if _INDEX_ADDRESS.search(line)] == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("pip install 'event-" + "analytics[serve]'", True),
        ("Install it with: uv pip install event-" + "analytics==0.1.1", True),
        ("pip install 'dbt-event-analytics[serve]'", False),
        ("git clone … event-analytics, then make setup, which will install it", False),
        ('"uid": "event-analytics-marts"', False),
    ],
)
def test_the_other_project_is_told_by_its_name(line: str, is_found: bool) -> None:
    assert bool(_OTHER_PROJECT.search(line)) == is_found


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("--index" + "-url https://packages.example/", True),
        ("RUN pip install --extra-index" + "-url=https://packages.example/ click", True),
        ("UV_INDEX" + "_URL: https://packages.example/", True),
        ("--find" + "-links /srv/wheels", True),
        ("url = https://packages.example/" + "simple/", True),
        ("See the option --index-url.", False),
        ("A simple/ path.", False),
    ],
)
def test_an_address_is_told_by_its_form(line: str, is_found: bool) -> None:
    assert bool(_INDEX_ADDRESS.search(line)) == is_found
