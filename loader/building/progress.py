"""How far a build is: one line on a terminal, and nothing where output is kept."""

from __future__ import annotations

import sys
from threading import Lock
from types import TracebackType
from typing import Any

import click


class Progress:
    """A bar with the step that has run for the longest, from the first step to the last."""

    def __init__(self, *, shown: bool) -> None:
        """Show nothing unless ``shown`` is set and standard error is a terminal."""
        self._shown = shown and sys.stderr.isatty()
        self._bar: Any = None
        self._running: list[str] = []
        self._lock = Lock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, traceback)

    def begin(self, steps: int) -> None:
        """So many steps are to be done."""
        if self._shown and self._bar is None:
            bar = click.progressbar(
                length=steps, label="Building", file=sys.stderr, item_show_func=lambda name: name
            )
            self._bar = bar.__enter__()

    def start(self, name: str) -> None:
        """A step begins, in whatever thread."""
        with self._lock:
            self._running.append(name)
            if self._bar is not None:
                self._bar.current_item = self._running[0]
                self._bar.render_progress()

    def finish(self, name: str) -> None:
        """A step is done."""
        with self._lock:
            if name in self._running:
                self._running.remove(name)
            if self._bar is not None:
                self._bar.update(1, self._running[0] if self._running else "")
