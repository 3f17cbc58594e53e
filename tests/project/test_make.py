"""The Makefile's own logic, on copies with a Python that only writes down what it is asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import REPOSITORY

# Stands in for both the Python that makes the environment and the one inside it.
FAKE_PYTHON = """#!/bin/sh
case "$1" in
  -V) echo "Python {version}" ;;
  -c) exit {too_old} ;;
  *) echo "$@" >> "{log}" ;;
esac
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
"""


COPIED = (
    "Makefile",
    "requirements.txt",
    "requirements-engines.txt",
    "pyproject.toml",
    "profiles.example.yml",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory with the files that `make setup` reads."""
    directory = tmp_path / "checkout"
    directory.mkdir()
    for name in COPIED:
        shutil.copy(REPOSITORY / name, directory)
    return directory


def fake_python(directory: Path, version: str = "3.11.0", *, too_old: bool = False) -> Path:
    path = directory / "fake-python"
    script = FAKE_PYTHON.format(
        version=version, too_old=int(too_old), log=directory / "python-calls"
    )
    path.write_text(script)
    path.chmod(0o755)
    return path


def make(directory: Path, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    # make tells a make that it starts what it was told itself; this one is to start afresh
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    env.pop("JAVA_HOME", None)
    return subprocess.run(
        [shutil.which("make") or "make", *args],
        cwd=directory,
        env=env | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def calls(checkout: Path) -> list[str]:
    log = checkout.parent / "python-calls"
    return log.read_text().splitlines() if log.exists() else []


def test_help_is_the_default_and_lists_every_public_target(checkout: Path) -> None:
    listed = make(checkout).stdout
    assert listed == make(checkout, "help").stdout
    for target in ("help", "setup", "demo", "test", "lint", "build", "docs", "clean"):
        assert re.search(rf"^  {target} +\S", listed, re.MULTILINE), target


def test_setup_installs_pinned_versions_once(checkout: Path) -> None:
    python = fake_python(checkout.parent)
    assert make(checkout, "setup", f"PYTHON={python}").returncode == 0
    first = calls(checkout)
    assert first[0] == "-m venv .venv"
    assert "--requirement requirements.txt" in first[1]
    assert "--no-deps" in first[2]
    assert (checkout / "profiles.yml").read_text() == (
        checkout / "profiles.example.yml"
    ).read_text()

    assert make(checkout, "setup", f"PYTHON={python}").returncode == 0
    assert calls(checkout) == first


def test_setup_installs_again_after_the_requirements_changed(checkout: Path) -> None:
    python = fake_python(checkout.parent)
    make(checkout, "setup", f"PYTHON={python}")
    before = len(calls(checkout))
    stamp = (checkout / ".venv" / ".installed").stat().st_mtime
    os.utime(checkout / "requirements.txt", (stamp + 10, stamp + 10))
    assert make(checkout, "setup", f"PYTHON={python}").returncode == 0
    # the environment is kept, its packages are brought up to date
    assert [call.split(" --")[0] for call in calls(checkout)[before:]] == ["-m pip install"] * 2


def test_a_failed_install_is_tried_again(checkout: Path) -> None:
    python = fake_python(checkout.parent)
    broken = python.read_text() + 'if [ "$2" = pip ]; then echo "no network" >&2; exit 1; fi\n'
    python.write_text(broken)
    failed = make(checkout, "setup", f"PYTHON={python}")
    assert failed.returncode != 0
    assert "no network" in failed.stderr
    before = len(calls(checkout))
    make(checkout, "setup", f"PYTHON={python}")
    assert len(calls(checkout)) > before


def test_setup_keeps_settings_that_are_there(checkout: Path) -> None:
    (checkout / "profiles.yml").write_text("mine")
    make(checkout, "setup", f"PYTHON={fake_python(checkout.parent)}")
    assert (checkout / "profiles.yml").read_text() == "mine"


def test_an_old_python_is_named_with_the_way_out(checkout: Path) -> None:
    python = fake_python(checkout.parent, "3.9.2", too_old=True)
    refused = make(checkout, "setup", f"PYTHON={python}")
    assert refused.returncode != 0
    assert "Python 3.9.2, which is too old" in refused.stderr
    assert "make PYTHON=" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_named_with_the_way_out(checkout: Path) -> None:
    refused = make(checkout, "setup", "PYTHON=no-such-python")
    assert refused.returncode != 0
    assert "no-such-python was not found" in refused.stderr


def test_an_unknown_engine_is_refused_before_the_demo_starts(checkout: Path) -> None:
    refused = make(checkout, "demo", "TARGET=oracle", f"PYTHON={fake_python(checkout.parent)}")
    assert refused.returncode != 0
    assert "use TARGET=duckdb, postgres, lake, clickhouse or spark" in refused.stderr
    assert not any("scripts.demo" in call for call in calls(checkout))


@pytest.mark.parametrize(
    ("target", "environment", "beside"),
    [
        ("duckdb", ".venv", ""),
        ("postgres", ".venv", "-m scripts.with_postgres -- .venv/bin/python "),
        ("lake", ".venv", ""),
        (
            "clickhouse",
            ".cache/engines",
            "-m scripts.with_clickhouse -- .cache/engines/bin/python ",
        ),
    ],
)
def test_the_demo_runs_on_the_engine_that_is_named(
    checkout: Path, target: str, environment: str, beside: str
) -> None:
    run = make(checkout, "demo", f"TARGET={target}", f"PYTHON={fake_python(checkout.parent)}")
    assert run.returncode == 0, run.stderr
    assert calls(checkout)[-1] == f"{beside}-m scripts.demo --target {target}"
    # what nobody asked for is not installed
    made = [call for call in calls(checkout) if call.startswith("-m venv")]
    assert made == [f"-m venv {folder}" for folder in dict.fromkeys((".venv", environment))]


@pytest.mark.parametrize("java", [True, False])
def test_spark_is_not_started_without_java(checkout: Path, java: bool) -> None:
    programs = checkout.parent / "programs"
    programs.mkdir()
    for name in ("sh", "awk", "cp", "dirname", "mkdir", "rm", "test", "touch"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    if java:
        (programs / "java").write_text("#!/bin/sh\n")
        (programs / "java").chmod(0o755)
    python = fake_python(checkout.parent)
    run = make(checkout, "demo", "TARGET=spark", f"PYTHON={python}", PATH=str(programs))
    assert (run.returncode == 0) == java, run.stderr
    assert any("scripts.demo --target spark" in call for call in calls(checkout)) == java
    assert java or "install OpenJDK 17" in run.stderr


def test_build_takes_target_and_quick_to_the_loader(checkout: Path) -> None:
    def commands(*variables: str) -> list[list[str]]:
        shown = make(checkout, "--dry-run", "build", *variables).stdout.splitlines()
        return [line.split()[1:] for line in shown if line.startswith(".venv/bin/loader")]

    assert commands() == [["init"], ["build", "--default"]]
    assert commands("QUICK=1", "TARGET=postgres") == [
        ["init", "--target=postgres"],
        ["build", "--default", "--quick", "--target=postgres"],
    ]


def test_build_runs_where_the_adapter_of_the_target_is(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(
        "event_analytics:\n  target: mine\n  outputs:\n"
        "    mine: {type: clickhouse}\n    lake: {type: duckdb}\n    cluster: {type: spark}\n"
    )

    def environment(*target: str) -> str:
        command = [sys.executable, "-m", "scripts.environment", *target]
        return subprocess.run(
            command,
            env={**os.environ, "DBT_PROFILES_DIR": str(tmp_path)},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()

    assert environment() == environment("cluster") == ".cache/engines"
    assert environment("lake") == ".venv"
    assert environment("nowhere") == ""


def test_clean_leaves_environment_settings_and_events(checkout: Path) -> None:
    for kept in (".venv/bin/python", "profiles.yml", "events.duckdb", "models/a.sql"):
        (checkout / kept).parent.mkdir(parents=True, exist_ok=True)
        (checkout / kept).write_text("kept")
    for removed in (".cache/x", "target/x", "logs/x", "loader/__pycache__/x", "build/x"):
        (checkout / removed).parent.mkdir(parents=True, exist_ok=True)
        (checkout / removed).write_text("")
    before = {path.name for path in REPOSITORY.glob("*")}
    assert make(checkout, "clean").returncode == 0
    left = {str(p.relative_to(checkout)) for p in checkout.rglob("*") if p.is_file()}
    assert left == {
        ".venv/bin/python", "profiles.yml", "events.duckdb", "models/a.sql", *COPIED,
    }  # fmt: skip
    assert before == {path.name for path in REPOSITORY.glob("*")}
