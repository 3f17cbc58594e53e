"""Run the loader and dbt in tests, in process where that is enough."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from tests.support.databases import REPOSITORY
from tests.support.parsing import parsed
from tests.support.places import Place

# Seeds and models without their tests, for those who ask the views themselves.
BUILD_UNTESTED = ("build", "--exclude-resource-type", "test", "unit_test")

# What a developer's own shell may have set, and what must not reach a test.
SETTING_PREFIXES = ("CLICKHOUSE_", "COLLECTOR_", "DBT_", "EVENTS_", "LOADER_", "PG", "QUERY_")


# Of these, what dbt does not look at before it connects.
_UNREAD_PREFIXES = ("CLICKHOUSE_", "EVENTS_READER_ROLES", "EVENTS_ROLE", "PG")


@dataclass(frozen=True)
class LoaderResult:
    """How a run of the loader ended.

    Attributes:
        exit_code: 0 done, 1 bad data or database, 2 usage.
        stdout: What was written to standard output.
        stderr: What was written to standard error.
    """

    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return standard output parsed as one JSON document (runs with `--json`)."""
        return json.loads(self.stdout)


def run_loader(
    *args: str | Path,
    database: Place | None = None,
    stdin: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
    check: bool = False,
) -> LoaderResult:
    """Run the loader in this process; an exception it does not handle fails the test.

    Args:
        args: The command line after `loader`.
        database: The database that the environment shall name.
        stdin: What the loader finds on standard input.
        env: More environment variables.
        cwd: The working directory.
        check: Fail unless the exit code is 0.
    """
    from loader.cli import cli  # noqa: PLC0415 - collecting tests must not import the loader

    return _run(cli, "loader", args, database, stdin=stdin, env=env, cwd=cwd, check=check)


def run_collector(
    *args: str | Path,
    database: Place | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> LoaderResult:
    """Run the program `collector` in this process, as `run_loader` runs the loader."""
    from collector.cli import cli  # noqa: PLC0415 - as above

    return _run(cli, "collector", args, database, env=env, check=check)


def run_query(
    *args: str | Path,
    database: Place | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> LoaderResult:
    """Run the program `query` in this process, as `run_loader` runs the loader."""
    from query.cli import cli  # noqa: PLC0415 - as above

    return _run(cli, "query", args, database, env=env, check=check)


def _run(
    cli: click.Command,
    program: str,
    args: Sequence[str | Path],
    database: Place | None,
    *,
    stdin: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
    check: bool,
) -> LoaderResult:
    with chdir(cwd):
        ran = CliRunner(env=_settings(database, env)).invoke(
            cli,
            [str(arg) for arg in args],
            input=stdin,
            catch_exceptions=False,
            prog_name=program,
        )
    result = LoaderResult(ran.exit_code, ran.stdout, ran.stderr)
    assert not check or result.exit_code == 0, f"{program} {args} failed:\n{result.stderr}"
    return result


def start_loader(
    *args: str | Path,
    database: Place | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
    program: str = "loader",
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start the loader as a process of its own, for tests that kill it or run it beside others.

    Args:
        args: The command line after `loader`.
        database: The database that the environment shall name.
        env: More environment variables.
        cwd: The working directory.
        program: The package whose program it is: loader or collector.
        options: Passed on to `subprocess.Popen`; all three streams are pipes by default.

    Returns:
        The running process. End it, whatever happens: `with start_loader(...) as process`.
    """
    return subprocess.Popen(
        [sys.executable, "-m", program, *map(str, args)],
        cwd=cwd,
        env=process_environment(database, env),
        **{
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        },
    )


def run_loader_process(
    *args: str | Path,
    database: Place | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
    timeout: float = 120,
) -> LoaderResult:
    """Run the loader as a process of its own and wait for its end (seconds in `timeout`)."""
    with start_loader(*args, database=database, env=env, cwd=cwd) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return LoaderResult(process.returncode, stdout.decode(), stderr.decode())


@dataclass(frozen=True)
class DbtResult:
    """How a dbt command ended.

    Attributes:
        success: Whether dbt would have exited with 0.
        messages: What dbt said at the levels info, warn and error, and the error it raised.
        statuses: The status of each node that ran, by its name (`stg_events`, `not_null_…`).
        result: dbt's own result object.
    """

    success: bool
    messages: list[str]
    statuses: dict[str, str] = field(default_factory=dict)
    result: Any = None

    @property
    def output(self) -> str:
        """All messages as one text."""
        return "\n".join(self.messages)


def _dbt_result(ended: Any, messages: list[str]) -> DbtResult:
    if ended.exception is not None:
        messages.append(str(ended.exception))
    return DbtResult(
        success=ended.success,
        messages=messages,
        statuses={
            run.node.name: str(run.status) for run in getattr(ended.result, "results", None) or []
        },
        result=ended.result,
    )


class _UnparsedError(Exception):
    """dbt could not parse the project."""

    def __init__(self, ended: Any) -> None:
        super().__init__()
        self.ended = ended


def run_dbt(
    *args: str,
    database: Place,
    variables: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    project: Path = REPOSITORY,
    check: bool = True,
    write_json: bool = False,
) -> DbtResult:
    """Run a dbt command in this process, which saves dbt's start-up of several seconds.

    What dbt has parsed once in this process it does not parse again: see parsing.py.

    Args:
        args: The command line after `dbt`, such as `"build", "--select", "stg_events"`.
        database: The database to work on.
        variables: Values for `--vars`.
        env: More environment variables.
        project: The directory of dbt_project.yml.
        check: Fail unless dbt succeeds.
        write_json: Whether dbt writes what `dbt retry` goes by.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

    messages: list[str] = []

    def listen(event: Any) -> None:
        if event.info.level in ("info", "warn", "error"):
            messages.append(event.info.msg)

    def invoke(*command: str, manifest: Any = None) -> Any:
        runner = dbtRunner(manifest=manifest, callbacks=[listen])
        with environment(_settings(database, env)), chdir(project):
            return runner.invoke([*command, *options, "--quiet"])

    def parse() -> tuple[Any, list[str]]:
        ended = invoke("parse")
        if not ended.success:
            raise _UnparsedError(ended)
        return ended.result, list(messages)

    settings = {
        "--profiles-dir": str(database.directory),
        "--project-dir": str(project),
        "--target": database.engine,
        "--log-path": str(database.directory / "logs"),
        "--vars": json.dumps(dict(variables or {})),
    }
    if args[0] != "deps":
        # the one command that writes none, and does not know the option
        settings["--target-path"] = str(database.directory / "target")
    options = [part for setting in settings.items() for part in setting]
    if args[0] in ("deps", "docs", "parse", "retry"):
        ended = invoke(*args)
    else:
        try:
            read = {
                name: value
                for name, value in (env or {}).items()
                if not name.startswith(_UNREAD_PREFIXES)
            }
            known = parsed(project, database, {"vars": variables, "env": read}, parse)
        except _UnparsedError as error:
            ended = error.ended
        else:
            messages[:] = known.messages
            # what it would write takes as long as several models, and mostly nobody reads it
            unwritten = () if write_json else ("--no-write-json",)
            ended = invoke(*args, *unwritten, manifest=known.of(database, project))
    result = _dbt_result(ended, messages)
    assert result.success or not check, f"dbt {' '.join(args)} failed:\n{result.output}"
    return result


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Change os.environ for a block; None removes a variable."""
    before = os.environ.copy()
    try:
        for name, value in changes.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def process_environment(
    database: Place | None = None, env: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment for a process that shall work on a test's database and no other."""
    merged = {**os.environ, **_settings(database, env)}
    return {name: value for name, value in merged.items() if value is not None}


def foreign_settings(names: Sequence[str]) -> list[str]:
    """Return those environment variables that would change what loader, dbt or libpq do."""
    return [name for name in names if name.startswith(SETTING_PREFIXES)]


def _settings(database: Place | None, env: Mapping[str, str] | None) -> dict[str, str | None]:
    settings: dict[str, str | None] = dict.fromkeys(foreign_settings(list(os.environ)))
    settings.update(database.env() if database is not None else {})
    settings.update(env or {})
    return settings
