"""Runs `dbt build` in this process and collects what became of it.

dbt tells of each step on two lines and repeats what went wrong among them. Here a build is quiet:
a bar on a terminal while it runs, and afterwards what it found (report.py). All that dbt says is in
its log file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loader.building.progress import Progress
from loader.building.report import Built, Finding, from_exception, from_results, from_warning
from loader.errors import LoaderError

#: dbt's own exit codes.
EXIT_DONE, EXIT_FAILED, EXIT_UNHANDLED = 0, 1, 2

# Colours in messages are the same for terminal and log file, whatever --use-colors-file says.
_QUIET = ("--log-level", "none", "--log-level-file", "debug", "--no-use-colors")
# With one of these somebody wants to hear dbt itself.
_ALOUD = {"--debug", "-d", "--log-level", "--log-format"}
_ALOUD_VARIABLES = ("DBT_DEBUG", "DBT_LOG_LEVEL", "DBT_LOG_FORMAT")

# What libpq goes by; dbt has no option of its own.
_ENCODING_VARIABLE = "PGCLIENTENCODING"

# Warnings by which dbt repeats the results of single steps, which are told in other words.
_OF_RESULTS = {
    "LogTestResult",
    "RunResultWarning",
    "RunResultWarningMessage",
}


def without_unit_tests() -> list[str]:
    """Dbt's options that leave out unit tests, beside what DBT_EXCLUDE_RESOURCE_TYPES names."""
    named = os.environ.get("DBT_EXCLUDE_RESOURCE_TYPES", "").split()
    return ["--exclude-resource-type", *dict.fromkeys([*named, "unit_test"])]


def run_build(options: Sequence[str], manifest: Any = None) -> Built:
    """Run `dbt build` with these options of its command line.

    Args:
        options: What is written after `dbt build`.
        manifest: The project as dbt has parsed it before with the same options, which saves that.

    Raises:
        LoaderError: dbt is not installed.
        KeyboardInterrupt: Somebody stopped it.
    """
    try:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - it takes seconds, and may be missing
    except ImportError:
        raise LoaderError(
            "dbt was not found. Install it with: pip install 'dbt-event-analytics[dbt]'"
        ) from None
    is_quiet = not _asks_aloud(options)
    listener = _Listener(Progress(shown=is_quiet))
    started = time.monotonic()
    with listener.progress, any_text():
        # what is said twice counts as it is said last
        ended = dbtRunner(manifest=manifest, callbacks=[listener]).invoke(
            ["build", *(_QUIET if is_quiet else ()), *options]
        )
    if isinstance(ended.exception, KeyboardInterrupt):
        raise ended.exception
    results = list(getattr(ended.result, "results", None) or [])
    findings = [from_warning(message) for message in dict.fromkeys(listener.warnings)]
    findings += from_results(results)
    if ended.exception is not None:
        findings.append(from_exception(ended.exception))
    code = EXIT_UNHANDLED if ended.exception is not None else EXIT_FAILED
    return Built(
        exit_code=EXIT_DONE if ended.success else code,
        results=results,
        findings=sorted(findings, key=Finding.is_error),
        seconds=time.monotonic() - started,
        log=listener.log,
    )


@contextmanager
def any_text() -> Iterator[None]:
    """Let what dbt sends to PostgreSQL be in UTF-8, whatever user and database are set to."""
    before = os.environ.get(_ENCODING_VARIABLE)
    os.environ[_ENCODING_VARIABLE] = "UTF8"
    try:
        yield
    finally:
        del os.environ[_ENCODING_VARIABLE]
        if before is not None:
            os.environ[_ENCODING_VARIABLE] = before


def _asks_aloud(options: Sequence[str]) -> bool:
    given = {option.partition("=")[0] for option in options}
    return bool(given & _ALOUD) or any(os.environ.get(name) for name in _ALOUD_VARIABLES)


class _Listener:
    """Hears every event of dbt, from all of its threads."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.warnings: list[str] = []
        self.log: Path | None = None

    def __call__(self, event: Any) -> None:
        name = event.info.name
        if name == "MainReportArgs":
            self.log = Path(event.data.args["log_path"]) / "dbt.log"
        elif name == "ConcurrencyLine":
            self.progress.begin(event.data.node_count)
        elif name == "NodeStart":
            self.progress.start(event.data.node_info.node_name)
        elif name == "NodeFinished":
            self.progress.finish(event.data.node_info.node_name)
        elif event.info.level == "warn" and name not in _OF_RESULTS:
            self.warnings.append(event.info.msg)
