"""Runs again and again, for whoever has nothing that would run it after a build."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from loader.errors import LoaderError
from loader.targets import Target
from query.alerts.config import Config
from query.alerts.deliver import Patience
from query.alerts.run import Report, run
from serving.logs import Log


class Watch:
    """Runs until it is stopped."""

    def __init__(  # noqa: PLR0913, PLR0917 (what a run needs)
        self,
        target: Target,
        config: Config,
        organisations: Sequence[str],
        patience: Patience,
        log: Log,
        stop: threading.Event,
    ) -> None:
        self._target = target
        self._config = config
        self._organisations = organisations
        self._patience = patience
        self._log = log
        self._stop = stop
        self._seen: object = None
        self._due: datetime | None = None

    def run(self, every: float) -> None:
        """Look every so many seconds whether there is anything to do."""
        self._log.write("info", "watching", database=self._target.label)
        while not self._stop.is_set():
            if self._is_needed():
                self._run_once()
            self._stop.wait(every)
        self._log.write("info", "stopped")

    def _is_needed(self) -> bool:
        """Whether a build may have been, or a message is due."""
        if self._due is not None and self._due <= datetime.now(UTC):
            return True
        stamp = self._stamp()
        return stamp is None or stamp != self._seen

    def _stamp(self) -> object:
        """What differs once somebody has written to a DuckDB file; None where nobody can tell."""
        if self._target.engine != "duckdb":
            return None
        try:
            found = self._target.duckdb_path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def _run_once(self) -> None:
        before = self._stamp()
        try:
            report = run(
                self._target,
                self._config,
                self._organisations,
                self._patience,
                stopped=self._stop.is_set,
            )
        except LoaderError as error:
            self._log.write("error", "failed", error=error.message)
            return
        self._say(report)
        self._due = report.delivered.next_due
        # where this has written itself, nobody can tell who else has: look once more
        self._seen = before if before is not None and self._stamp() == before else None

    def _say(self, report: Report) -> None:
        for error in report.errors:
            self._log.write("error", "failed", error=error)
        for name, error in report.delivered.errors.items():
            self._log.write("warning", "undelivered", receiver=name, error=error)
        if report.messages or report.delivered.arrived:
            self._log.write(
                "info",
                "ran",
                messages=len(report.messages),
                delivered=report.delivered.arrived,
            )
