"""What a build found and did: every warning and error in one place, then one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from loader.building.sentences import MOST, read_sentences

_WARNED = ("warn",)
_KINDS = ("seed", "unit_test", "model", "test")
_FAILED = ("error", "fail", "runtime error", "partial success")
# Where in the macros a sentence was raised is for those who write macros; the log file has it.
_TRAIL = re.compile(r"^\s*> (in|called by) ")
_TAG = re.compile(r"^\[(WARNING|ERROR)\](\[\w+\])?: ")
# dbt says it in some messages, and of some steps not at all.
_COMPILED = re.compile(r"^\s*compiled code at ")
_LOCATION = re.compile(r"^\w+ Error in ")
# What a seed or model says that was not built since a hook has said why (stop_if_refused).
_REFUSED = "as was said when the command began"
_HOOK_FAILED = re.compile(r"^\S+\.on-run-\S+ failed, error:$")


@dataclass(frozen=True)
class Finding:
    """One warning or error: what it is about, and sentences about it."""

    severity: Literal["warning", "error"]
    title: str
    lines: tuple[str, ...] = ()

    def is_error(self) -> bool:
        """Whether it is an error and no warning; errors come last, where one looks first."""
        return self.severity == "error"

    def show(self, label: str | None) -> None:
        """Print it; ``label`` says of which build it is."""
        word = f"{self.severity.capitalize()}{f' ({label})' if label else ''}:"
        click.echo(f"{click.style(word, fg='red' if self.is_error() else 'yellow')} {self.title}")
        for line in self.lines:
            click.echo(f"  {line}")


@dataclass(frozen=True)
class Built:
    """How one `dbt build` ended.

    ``exit_code`` is dbt's: 0 done, 1 some step failed, 2 dbt could not go on. ``results`` are its
    results, one for each step, and ``log`` is the file with all that it said.
    """

    exit_code: int
    results: list[Any]
    findings: list[Finding]
    seconds: float
    log: Path | None

    @property
    def ran_unit_tests(self) -> bool:
        """Whether any unit test has been run."""
        return any(kind == "unit_test" for kind in self._done())

    def summary(self) -> str:
        """What was done and what went wrong, on one line."""
        # whatever came first, as no two builds have the same order
        done = ", ".join(
            _counted(count, kind)
            for kind, count in sorted(self._done().items(), key=lambda one: _place(one[0]))
        )
        errors = sum(finding.is_error() for finding in self.findings)
        told = [
            _counted(errors, "error") if errors else "no errors",
            _counted(len(self.findings) - errors, "warning"),
        ]
        if skipped := sum(str(result.status) == "skipped" for result in self.results):
            told.append(f"{skipped} skipped")
        return f"{done or 'nothing was built'}: {', '.join(told)}, {self.seconds:.1f} s"

    def _done(self) -> Counter[str]:
        """How many of each kind of step were run; hooks and what dbt only lists are none."""
        return Counter(
            str(result.node.resource_type)
            for result in self.results
            if str(result.status) not in ("skipped", "no-op")
            and str(result.node.resource_type) != "operation"
        )


def show(builds: Sequence[tuple[str | None, Built]]) -> None:
    """Print what builds found, and what each did; a label for each, where there are several."""
    for label, built in builds:
        for finding in built.findings:
            finding.show(label)
    for log in dict.fromkeys(built.log for _, built in builds if built.exit_code and built.log):
        click.echo(f"All that dbt said is in {log}")
    for label, built in builds:
        click.echo(f"{f'{label}: ' if label else ''}{built.summary()}")


def from_results(results: Iterable[Any]) -> Iterator[Finding]:
    """The warnings and errors among dbt's results, one for each step."""
    for result in results:
        status = str(result.status)
        # an ephemeral model that cannot be compiled is an error of those that read it
        node = result.node
        is_skipped_for_a_reason = (
            status == "skipped"
            and bool(result.message)
            # a hook is for one reason: that another has failed
            and str(node.resource_type) != "operation"
        )
        if status not in _WARNED + _FAILED and not is_skipped_for_a_reason:
            continue
        if _REFUSED in (result.message or ""):
            continue
        lines: Sequence[str] = ()
        if str(node.resource_type) == "test" and status in ("warn", "fail"):
            lines = read_sentences(result)
        if not lines:
            lines = _lines(result.message or status)
            lines += [f"compiled code at {path}" for path in [_compiled_path(node)] if path]
        yield Finding(
            "warning" if status in _WARNED else "error",
            f"{_kind(node)} {node.name} ({node.original_file_path})",
            tuple(lines),
        )


def from_warning(message: str) -> Finding:
    """A warning that dbt gives by itself."""
    first, *others = _lines(_TAG.sub("", message)) or ["(without a message)"]
    return Finding("warning", first, tuple(others))


def from_exception(error: BaseException) -> Finding:
    """What kept dbt from going on."""
    first, *others = _lines(str(error)) or [type(error).__name__]
    return Finding("error", first, tuple(others))


def _place(kind: str) -> int:
    """Where a kind of step stands among all; what dbt has besides comes last."""
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _lines(message: str) -> list[str]:
    """The lines of a message that say something, without the place that its title has."""
    lines = [line.rstrip() for line in message.splitlines() if not _TRAIL.match(line)]
    if len(lines) > 1 and (_LOCATION.match(lines[0]) or _HOOK_FAILED.match(lines[0])):
        del lines[0]
    lines = [line for line in lines if line]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    lines = [line[margin:] for line in lines if not _COMPILED.match(line)]
    # what PostgreSQL says may end with the statement, which has hundreds
    more = len(lines) - MOST
    return [*lines[:MOST], *([f"… and {more:,} more lines"] if more > 0 else [])]


def _compiled_path(node: Any) -> str | None:
    """Where the query of a step is, as it was run."""
    return getattr(node, "build_path", None) or getattr(node, "compiled_path", None)


def _kind(node: Any) -> str:
    return _counted(1, str(node.resource_type)).removeprefix("1 ")


def _counted(count: int, kind: str) -> str:
    words = {"test": "data test", "operation": "hook"}.get(kind, kind.replace("_", " "))
    return f"{count} {words}{'' if count == 1 else 's'}"
