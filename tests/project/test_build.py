"""How `loader build`, and so `make build` and the demo, end: what went wrong, and what was done.

On a project of a few models, which dbt reads in no time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment
from tests.support.terminal import run_on_terminal

FILES = {
    "models/fine.sql": (
        "select 1 as id, '{{ var('org', '') }}' as org, '{{ var('hue', '') }}' as hue"
    ),
    "models/broken.sql": "select nothing from {{ ref('fine') }}",
    "models/after.sql": "select * from {{ ref('broken') }}",
    "tests/says.sql": (
        "{{ config(severity='warn') }}\n"
        "select 'row ' || number || ' names an event that no event has' as message\n"
        "from (values (1), (2)) as numbers (number) order by number"
    ),
    "tests/says_much.sql": (
        "select 'row ' || number || ' is wrong' as message\n"
        "from generate_series(1, 1022) as numbers (number) order by number"
    ),
    "tests/says_nothing.sql": "{{ config(severity='warn') }}\nselect 1 as message_id",
    "models/fine.yml": (
        "unit_tests: [{name: is_one, model: fine, given: [], expect: {rows: [{id: 1}]}}]"
    ),
}
WHATEVER_IS_WRONG = ("broken", "after", "says", "says_much", "says_nothing")
COLOUR = "\x1b["


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has this one's flags."""
    flags = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())["flags"]
    settings = {"name": "some", "profile": "event_analytics", "flags": flags}
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


LOADER = (sys.executable, "-m", "loader", "build")
DBT = (Path(sys.executable).with_name("dbt"), "build")


def build(project: Path, database: Database, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `loader build`, with its output in pipes."""
    return in_pipes(project, database, *LOADER, *args)


def in_pipes(
    project: Path, database: Database, *command: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run a program whose output is kept."""
    return subprocess.run(
        command,
        cwd=project,
        env=process_environment(database),
        capture_output=True,
        text=True,
        check=False,
    )


def without(names: tuple[str, ...] = WHATEVER_IS_WRONG) -> tuple[str, ...]:
    """Dbt's options that leave out some steps."""
    return ("--exclude", *names)


def test_a_build_ends_with_all_that_went_wrong_and_one_line(
    project: Path, database: Database
) -> None:
    built = build(project, database, "--default")
    assert built.returncode == 1, built.stderr
    assert "Traceback" not in built.stderr
    lines = built.stdout.splitlines()
    # first the warnings, then the errors: whatever a test says in its rows, or else what dbt says
    says, says_nothing = (
        lines.index(f"Warning: data test {name} (tests/{name}.sql)")
        for name in ("says", "says_nothing")
    )
    assert lines[says + 1 : says + 3] == [
        "  row 1 names an event that no event has",
        "  row 2 names an event that no event has",
    ]
    assert lines[says_nothing + 1] == "  Got 1 result, configured to warn if != 0"
    broken = lines.index("Error: model broken (models/broken.sql)")
    assert "nothing" in lines[broken + 1]
    assert any(line.startswith("  compiled code at ") for line in lines[broken:])
    says_much = lines.index("Error: data test says_much (tests/says_much.sql)")
    assert lines[says_much + 1 : says_much + 22] == [
        *(f"  row {number} is wrong" for number in range(1, 21)),
        "  … and 1,002 more",
    ]
    assert max(says, says_nothing) < min(broken, says_much)
    assert sum(line.startswith(("Warning", "Error")) for line in lines) == 4
    assert lines[-2] == f"All that dbt said is in {project}/logs/dbt.log"
    done = "1 unit test, 2 models, 3 data tests"
    assert sorted(lines[-1].partition(":")[0].split(", ")) == sorted(done.split(", "))
    assert re.search(r": 2 errors, 2 warnings, 1 skipped, \d+\.\d s$", lines[-1])


@pytest.mark.parametrize("engine", ["duckdb"])
def test_the_exit_code_is_that_of_dbt(project: Path, database: Database) -> None:
    fine = build(project, database, "--default", "--", *without())
    assert fine.returncode == 0
    assert re.fullmatch(r"1 unit test, 1 model: no errors, 0 warnings, \d+\.\d s\n", fine.stdout)
    # some step failed: the test above; dbt cannot go on, or does not know what is asked
    (project / "models" / "after.sql").write_text("{{ exceptions.raise_compiler_error('No.') }}")
    for arguments, sentence in ((), "No."), (("--nope",), "No such option '--nope'."):
        stopped = build(project, database, "--default", "--", *arguments)
        assert stopped.returncode == 2
        assert stopped.stdout.startswith(f"Error: {sentence}\n")
        assert re.search(r"^nothing was built: 1 error, 0 warnings, \d", stopped.stdout, re.M)
        assert "Traceback" not in stopped.stderr


def test_a_build_that_is_refused_at_its_start_says_so_once(
    project: Path, database: Database
) -> None:
    macros = (REPOSITORY / "macros" / "definitions" / "checks.sql").read_text()
    (said,) = re.findall(r"raise_compiler_error\((.* as was said when .*)\)", macros)
    (project / "models" / "fine.sql").write_text(
        f"{{% if execute %}}{{{{ exceptions.raise_compiler_error({said}) }}}}{{% endif %}}"
    )
    settings = yaml.safe_load((project / "dbt_project.yml").read_text())
    settings["on-run-start"] = ["select nothing", "select 1"]
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    built = build(project, database, "--default", "--quick", "--", "--select", "fine+")
    assert built.returncode == 1, built.stderr
    lines = built.stdout.splitlines()
    assert lines[0] == "Error: hook some-on-run-start-0 (./dbt_project.yml)"
    assert "nothing" in lines[1]
    assert sum(line.startswith("Error") for line in lines) == 1
    assert re.search(r": 1 error, 0 warnings, \d+ skipped, ", lines[-1])


@pytest.mark.unusual
@pytest.mark.parametrize("engine", ["duckdb"])
def test_unit_tests_run_in_the_first_build_alone(project: Path, database: Database) -> None:
    organisations = ("--org", "acme", "--org", "globex")
    built = build(project, database, *organisations, "--default", "--", *without())
    assert built.returncode == 0, built.stderr
    assert [line.partition(": no errors")[0] for line in built.stdout.splitlines()] == [
        "default: 1 unit test, 1 model",
        "acme: 1 model",
        "globex: 1 model",
    ]
    quick = build(project, database, "--default", "--quick", "--", *without())
    assert quick.stdout.startswith("1 model: no errors")


@pytest.mark.unusual
@pytest.mark.parametrize("engine", ["duckdb"])
def test_of_several_builds_each_says_whose_it_is_and_all_say_it_in_the_end(
    project: Path, database: Database
) -> None:
    # of globex alone something is wrong
    says = (project / "tests/says.sql").read_text()
    whose = "where '{{ var(\"org\") }}' = 'globex' order"
    (project / "tests/says.sql").write_text(says.replace("order", whose))
    wrong = tuple(name for name in WHATEVER_IS_WRONG if name != "says")
    organisations = ("--org", "acme", "--org", "globex")
    hue = ("--vars", json.dumps({"hue": "red"}))
    built = build(project, database, *organisations, "--", *hue, *without(wrong))
    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines()[:3] == [
        "Warning (globex): data test says (tests/says.sql)",
        "  row 1 names an event that no event has",
        "  row 2 names an event that no event has",
    ]
    # variables after -- do not take the organisation away
    assert database.query("select org, hue from analytics.fine") == [("globex", "red")]


@pytest.mark.unusual
@pytest.mark.parametrize("engine", ["duckdb"])
def test_colours_are_on_terminals_alone(project: Path, database: Database) -> None:
    log = project / "logs" / "dbt.log"
    for command, is_coloured in (((*LOADER, "--default"), True), (DBT, False)):
        log.unlink(missing_ok=True)
        kept = in_pipes(project, database, *command)
        env = process_environment(database)
        on_terminal = run_on_terminal(*command, cwd=project, env=env).stdout
        assert (COLOUR in on_terminal) == is_coloured
        assert COLOUR not in kept.stdout + kept.stderr + log.read_text()
        # of what dbt writes in colours
        assert "says_much" in kept.stdout
        assert "says_much" in log.read_text()
