"""Check that installs are reproducible, and come from the index that each machine has set."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = "event-analytics"

# What every environment has, and what the extra `metrics` adds to it.
PIN_FILES = ("requirements.txt", "requirements-metrics.txt")

# A pip option or variable followed by a value. Prose that only names one is fine.
INDEX_ADDRESS = re.compile(
    r"(?:--(?:extra-)?index-url|--find-links|--trusted-host)[= ]\S+"
    r"|PIP_(?:EXTRA_)?(?:INDEX_URL|FIND_LINKS|TRUSTED_HOST)\s*[:=]\s*\S+"
    r"|https?://\S+/simple\b"
)


def pinned_versions(text: str, file: str = "requirements.txt") -> dict[str, Version]:
    """Read the text of a requirements file that holds nothing but exact pins.

    Args:
        text: What is in the file.
        file: Its name, for messages.

    Returns:
        The version of each package, by normalised name.

    Raises:
        ValueError: A line is anything but `name==version`, or repeats a name.
    """
    pins: dict[str, Version] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)", line.strip())
        if match is None:
            raise ValueError(f"{file}:{number}: {line!r} is not of the form name==version")
        name = canonicalize_name(match[1])
        if name in pins:
            raise ValueError(f"{file}:{number}: {name} is pinned twice")
        pins[name] = Version(match[2])
    return pins


def repository_pins(repository: Path) -> dict[str, Version]:
    """Read all pins of the repository.

    Raises:
        ValueError: As `pinned_versions`, or a package is pinned in two files.
    """
    pins: dict[str, Version] = {}
    for file in PIN_FILES:
        added = pinned_versions((repository / file).read_text(), file)
        if twice := pins.keys() & added.keys():
            raise ValueError(f"{file}: {', '.join(sorted(twice))}: pinned in {PIN_FILES[0]}, too")
        pins |= added
    return pins


def declared_requirements(pyproject: str) -> Iterator[Requirement]:
    """Yield what pyproject.toml asks for to run, to build and to develop."""
    data = tomllib.loads(pyproject)
    project = data["project"]
    groups = [
        data["build-system"]["requires"],
        project["dependencies"],
        *project["optional-dependencies"].values(),
    ]
    for group in groups:
        for text in group:
            requirement = Requirement(text)
            if requirement.name != PROJECT:
                yield requirement


def unmet(requirements: Iterator[Requirement], pins: dict[str, Version]) -> Iterator[str]:
    """Yield a sentence for each requirement that no pin meets."""
    for requirement in requirements:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"pyproject.toml asks for {requirement}, which requirements.txt does not pin"
        elif pin not in requirement.specifier:
            yield f"pyproject.toml asks for {requirement}, but requirements.txt pins {pin}"


def index_addresses(repository: Path) -> Iterator[str]:
    """Yield the place of each package index address in the files under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = repository / name
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if INDEX_ADDRESS.search(line):
                yield f"{name}:{number}: names a package index; leave that to the machine's own pip"


def main() -> None:
    """Print all findings; exit with 1 if there are any."""
    try:
        pins = repository_pins(REPOSITORY)
        requirements = declared_requirements((REPOSITORY / "pyproject.toml").read_text())
        findings = [*unmet(requirements, pins), *index_addresses(REPOSITORY)]
    except (ValueError, InvalidRequirement) as error:
        findings = [str(error)]
    if findings:
        sys.exit("\n".join(findings))


if __name__ == "__main__":
    main()
